import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BodyBudget } from './body-budget.ts'
import { readBody } from './read-body.ts'

const MOST = 1_000

let server: Server

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

interface Received {
  readonly client: ClientRequest
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function receive(body: string | Buffer, headers: Record<string, string> = {}): Promise<Received> {
  const address = server.address()
  const client = send({ port: typeof address === 'object' ? address?.port : undefined, method: 'POST', headers })
  client.on('error', () => undefined)
  client.end(body)
  return new Promise((resolve) => {
    server.once('request', (request, response) => resolve({ client, request, response }))
  })
}

/** One whose body lies ready when it is asked for. */
async function receiveWhole(...args: Parameters<typeof receive>): Promise<Received> {
  const received = await receive(...args)
  await vi.waitFor(() => expect(received.request.complete).toBe(true))
  return received
}

test.each([
  { name: 'comes while it is read', come: receive },
  { name: 'lies ready', come: receiveWhole },
])('N-33: a body that $name is read whole, and its memory is given back with the answer', async ({ come }) => {
  const budget = new BodyBudget(MOST)
  const received = await come('x'.repeat(MOST))
  expect(await readBody(received, MOST, budget)).toEqual({ verdict: 'allow', granted: 'x'.repeat(MOST) })
  const next = await come('{}')
  expect(await readBody(next, MOST, budget)).toMatchObject({ problem: 'overloaded' })
  received.response.end()
  await vi.waitFor(() => expect(budget.take(MOST)).toBe(true))
})

test('memory is given back where the client leaves before the answer', async () => {
  const budget = new BodyBudget(MOST)
  const received = await receiveWhole('x'.repeat(MOST))
  await readBody(received, MOST, budget)
  received.client.destroy()
  await vi.waitFor(() => expect(budget.take(MOST)).toBe(true))
})

test('N-33: what is unpacked counts with its whole length, and is not unpacked where memory is short', async () => {
  const letters = 'x'.repeat(MOST)
  const packed = gzipSync(letters)
  const headers = { 'content-encoding': 'gzip' }
  const budget = new BodyBudget(2 * MOST)
  const received = await receive(packed, headers)
  expect(await readBody(received, MOST, budget)).toEqual({ verdict: 'allow', granted: letters })
  expect(await readBody(await receive(packed, headers), MOST, budget)).toMatchObject({ problem: 'overloaded' })
  received.response.end()
  await vi.waitFor(() => expect(budget.take(2 * MOST - packed.byteLength)).toBe(true))
})

test('N-35: what grows more than hundredfold is told as that, and not as too long', async () => {
  const packed = gzipSync('x'.repeat(400_000))
  const received = await receive(packed, { 'content-encoding': 'gzip' })
  expect(await readBody(received, 1_000_000, new BodyBudget(1_000_000))).toMatchObject({
    problem: 'body-too-large',
    say: expect.stringContaining('100-fold'),
  })
})

test.each([
  { name: 'comes while it is read', come: receive },
  { name: 'lies ready', come: receiveWhole },
])(
  'a body that $name is refused beyond its limit, with or without a length, and where memory is short',
  async ({ come }) => {
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const received = await come('x'.repeat(MOST + 1), headers)
      expect(await readBody(received, MOST, new BodyBudget(2 * MOST))).toMatchObject({ problem: 'body-too-large' })
    }
    const received = await come('x'.repeat(MOST))
    expect(await readBody(received, MOST, new BodyBudget(MOST - 1))).toMatchObject({ problem: 'overloaded' })
  },
)

test('what lies ready is unpacked, and has to be UTF-8', async () => {
  const packed = await receiveWhole(gzipSync('{}'), { 'content-encoding': 'gzip' })
  expect(await readBody(packed, MOST, new BodyBudget(2 * MOST))).toEqual({ verdict: 'allow', granted: '{}' })
  const broken = await receiveWhole(Buffer.from([0xff, 0xfe]))
  expect(await readBody(broken, MOST, new BodyBudget(MOST))).toMatchObject({ problem: 'body-unparsable' })
})

test('of a request whose client has gone nothing is waited for', async () => {
  const received = await receiveWhole('{}')
  received.client.destroy()
  await vi.waitFor(() => expect(received.request.destroyed).toBe(true))
  expect(await readBody(received, MOST, new BodyBudget(MOST))).toMatchObject({ problem: 'request-timeout' })
})
