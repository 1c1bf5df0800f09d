import { Agent, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bearer } from '../../support/gateway.ts'
import { CHAT, startStand } from './support/stand.ts'
import type { Stand } from './support/stand.ts'

const SIZE = 31 * 1024 * 1024

let stand: Stand
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

beforeAll(async () => {
  // The demo model answers from the gateway itself, so that nobody but the gateway works on the body.
  stand = await startStand({ configure: () => ({ model_list: [{ model_name: 'demo', litellm_params: DEMO }] }) })
})

afterAll(async () => {
  agent.destroy()
  await stand.close()
})

const DEMO = { model: 'demo/echo' }

interface Sent {
  /** The last byte is out. */
  readonly isOut: () => boolean
  readonly status: Promise<number>
}

function send(body: Buffer): Sent {
  let isOut = false
  const headers = { ...bearer(stand.key), 'content-type': 'application/json', 'content-length': String(body.length) }
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const outgoing = request({ host: '127.0.0.1', port: stand.gateway.port, path: CHAT, method: 'POST', headers })
  outgoing.on('finish', () => (isOut = true))
  outgoing.on('error', reject)
  outgoing.on('response', (incoming) => {
    incoming.resume()
    resolve(incoming.statusCode ?? 0)
  })
  outgoing.end(body)
  return { isOut: () => isOut, status: promise }
}

function ping(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const outgoing = request({ host: '127.0.0.1', port: stand.gateway.port, path: '/health/liveliness', agent })
  outgoing.on('error', reject)
  outgoing.on('response', (incoming) => incoming.on('end', resolve).resume())
  outgoing.end()
  return promise
}

const LETTERS = `{"model":"demo","messages":[{"role":"user","content":"`

test.each([
  ['escapes', `${LETTERS}${'\\"'.repeat(SIZE / 2)}"}]}`],
  ['words', `${LETTERS}${'слово '.repeat(SIZE / 11)}"}]}`],
])('AC-122: while 31 MiB of %s are read, others are answered again and again', async (_of, text) => {
  await ping()
  const sent = send(Buffer.from(text))
  let isAnswered = false
  void sent.status.finally(() => (isAnswered = true))
  let pings = 0
  while (!isAnswered) {
    await ping()
    // What is answered while the bytes still come says nothing about the reading of them.
    if (sent.isOut() && !isAnswered) pings += 1
  }
  expect(pings).toBeGreaterThanOrEqual(25)
  expect(await sent.status).toBe(200)
})
