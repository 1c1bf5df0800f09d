import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import type { ClientRequest, IncomingMessage, Server } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BodyBudget, readBody } from './read-body.ts'

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
}

async function receive(body: string | Buffer, headers: Record<string, string> = {}): Promise<Received> {
  const address = server.address()
  const client = send({ port: typeof address === 'object' ? address?.port : undefined, method: 'POST', headers })
  client.on('error', () => undefined)
  client.end(body)
  const request = await new Promise<IncomingMessage>((resolve) => server.once('request', resolve))
  return { client, request }
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
])('a body that $name is read whole, and its memory is given back', async ({ come }) => {
  const budget = new BodyBudget(MOST)
  const { request } = await come('x'.repeat(MOST))
  expect(await readBody(request, MOST, budget)).toEqual({ verdict: 'allow', granted: 'x'.repeat(MOST) })
  await vi.waitFor(() => expect(budget.take(1)).toBe(true))
})

test.each([
  { name: 'comes while it is read', come: receive },
  { name: 'lies ready', come: receiveWhole },
])(
  'a body that $name is refused beyond its limit, with or without a length, and where memory is short',
  async ({ come }) => {
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const { request } = await come('x'.repeat(MOST + 1), headers)
      expect(await readBody(request, MOST, new BodyBudget(2 * MOST))).toMatchObject({ problem: 'body-too-large' })
    }
    const { request } = await come('x'.repeat(MOST))
    expect(await readBody(request, MOST, new BodyBudget(MOST - 1))).toMatchObject({ problem: 'overloaded' })
  },
)

test('what lies ready is unpacked, and has to be UTF-8', async () => {
  const packed = await receiveWhole(gzipSync('{}'), { 'content-encoding': 'gzip' })
  expect(await readBody(packed.request, MOST, new BodyBudget(MOST))).toEqual({ verdict: 'allow', granted: '{}' })
  const broken = await receiveWhole(Buffer.from([0xff, 0xfe]))
  expect(await readBody(broken.request, MOST, new BodyBudget(MOST))).toMatchObject({ problem: 'body-unparsable' })
})

test('of a request whose client has gone nothing is waited for', async () => {
  const { client, request } = await receiveWhole('{}')
  client.destroy()
  await vi.waitFor(() => expect(request.destroyed).toBe(true))
  expect(await readBody(request, MOST, new BodyBudget(MOST))).toMatchObject({ problem: 'request-timeout' })
})
