import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MASTER_KEY, bearer, startGateway } from '../../support/gateway.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { callGateway, chatBody } from './support/stand.ts'
import type { Answer } from './support/stand.ts'

/** No pattern knows it for a key. */
const KEY = 'plain7f3a9b2c4d5e6f708192a3b4c5d6e7f8'
const EXCUSE = `Incorrect API key provided: ${KEY}`

let upstream: Server
let gateway: RunningGateway
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}

beforeAll(async () => {
  upstream = createServer((request, response) => answer(request, response))
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const address = upstream.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const params = { model: 'openai/m', api_base: `http://127.0.0.1:${port}/v1`, api_key: KEY }
  gateway = await startGateway({
    config: { model_list: [{ model_name: 'm', litellm_params: params }], router_settings: { num_retries: 0 } },
  })
})

afterAll(async () => {
  await gateway.stop()
  upstream.close()
})

function call(path: string, body?: object): Promise<Answer> {
  return callGateway(gateway.port, { path, headers: bearer(MASTER_KEY), ...(body === undefined ? {} : { body }) })
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): typeof answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(value))
  }
}

function telling(text: string): void {
  for (let at = 0; at + 8 <= KEY.length; at += 1) expect(text).not.toContain(KEY.slice(at, at + 8))
}

test('an error under status 200 is an error, and tells no key', async () => {
  answer = json(200, { error: { message: EXCUSE, code: 400 } })
  const { status, text } = await call('/v1/chat/completions', chatBody('m'))
  expect(status).toBe(400)
  expect(text).toContain('Incorrect API key provided: [secret]')
  telling(text)
})

test.each([
  { half: 'the first half of the key', said: KEY.slice(0, 18) },
  { half: 'the second half', said: KEY.slice(18) },
  { half: 'all of it, in base64 with more', said: Buffer.from(`u:${KEY}`).toString('base64') },
])('INV-31 neither body nor headers of a refusal tell $half', async ({ said }) => {
  answer = json(400, { error: { message: `the key ${said} is wrong`, param: said } }, { 'x-debug': `key ${said}` })
  const { status, text, headers } = await call('/v1/chat/completions', chatBody('m'))
  expect(status).toBe(400)
  expect(text + JSON.stringify(headers)).not.toContain(said)
  expect(text).toContain('is wrong')
})

test('a response that failed, and a stored one that is asked for, tell no key', async () => {
  const response = { id: 'resp_1', object: 'response', model: 'm', output: [] }
  answer = json(200, { ...response, status: 'failed', error: { code: 'x', message: EXCUSE } })
  const failed = await call('/v1/responses', { model: 'm', input: 'x' })
  expect(failed.status).toBe(200)
  expect(failed.text).toContain('Incorrect API key provided: [secret]')
  telling(failed.text)

  answer = json(404, { error: { message: EXCUSE } })
  const { id }: { id: string } = JSON.parse(failed.text)
  const asked = await call(`/v1/responses/${id}`)
  expect(asked.status).toBe(404)
  telling(asked.text)
})

test('a stream that ends after its last choice finished has ended well, whatever it leaves out', async () => {
  const chunk = { id: 'c', object: 'chat.completion.chunk', model: 'm' }
  answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'Text/Event-Stream; charset=UTF-8' })
    response.write(`data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta: { content: 'hi' } }] })}\n\n`)
    const last = { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
    response.end(`data: ${JSON.stringify(last)}\n\n`)
  }
  const { text } = await call('/v1/chat/completions', chatBody('m', { stream: true }))
  expect(text).not.toContain('error')
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
})
