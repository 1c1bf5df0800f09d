import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { parseCallId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problem.ts'
import { answerFault } from './answer-fault.ts'

const callId = parseCallId('call-1')
const told: unknown[] = []
let server: Server | undefined

afterEach(() => {
  told.length = 0
  server?.closeAllConnections()
  server?.close()
})

async function ask(fail: (response: ServerResponse) => unknown): Promise<Response> {
  if (callId === undefined) throw new Error('not a call id')
  const faults = {
    exposeRejectReason: true,
    onFault: (error: unknown, place: object) => told.push(['fault', error, place]),
    onProblem: (problem: Problem, place: object) => told.push(['problem', problem.code, place]),
  }
  const own = createServer((request, response) => {
    request.resume().once('end', () => {
      answerFault(fail(response), { request, response, callId }, '/v1/chat/completions', faults)
    })
  })
  server = own
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve))
  const address = own.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' })
}

const place = { callId: 'call-1', route: '/v1/chat/completions' }

it('tells the caller of a fault no more than the correlation id', async () => {
  const error = new Error('the password is hunter2')
  const answer = await ask(() => error)
  expect(answer.status).toBe(500)
  const text = await answer.text()
  expect(text).toContain('Correlation id: call-1')
  expect(text).not.toContain('hunter2')
  expect(told).toEqual([['fault', error, place]])
})

it('answers a charge that could not be kept, and counts it as a fault', async () => {
  const problem = new Problem('not-recorded')
  const answer = await ask(() => problem)
  expect(answer.status).toBeGreaterThanOrEqual(500)
  expect(answer.headers.get('x-litellm-call-id')).toBe('call-1')
  expect(told).toEqual([['fault', problem, place]])
})

it('carries the reason of a refusal that was thrown on the way', async () => {
  const answer = await ask(() => new Problem('store-unavailable', undefined, { because: 'store_unavailable' }))
  expect(answer.status).toBe(503)
  expect(answer.headers.get('x-reject-reason')).toBe('store_unavailable')
})

it('answers a refusal as what it is', async () => {
  const answer = await ask(() => new Problem('body-too-large'))
  expect(answer.status).toBe(413)
  expect(told).toEqual([['problem', 'body-too-large', place]])
})

it('cuts off an answer that has begun', async () => {
  const answer = ask((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
    return new Problem('not-recorded')
  })
  await expect(answer.then((begun) => begun.text())).rejects.toThrow(/terminated|fetch failed/)
})
