import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { MASTER_KEY, bearer, startGateway } from '../../support/gateway.ts'
import { callGateway } from '../hostile/support/stand.ts'
import { SECRET, linesOf, openPassStand, startElsewhere } from './support/stand.ts'
import type { PassStand } from './support/stand.ts'

let stand: PassStand
let key: string

beforeAll(async () => {
  stand = await openPassStand({
    endpoints: ({ elsewhere }) => [
      { path: '/flat', target: elsewhere, cost_per_request: 0.5, include_subpath: true },
      { path: '/open', target: elsewhere, auth: false },
    ],
    env: ({ elsewhere }) => ({ OPENAI_API_KEY: SECRET, OPENAI_API_BASE: elsewhere }),
    config: { router_settings: { timeout: 3 } },
  })
  key = await stand.key({ allowed_passthrough_routes: ['/flat', '/openai'] })
}, 120_000)
afterAll(() => stand.close())

interface Opened {
  readonly answer: IncomingMessage
  readonly bytes: () => Buffer
  readonly text: () => string
  readonly over: Promise<'whole' | 'broken'>
}

function open(path: string, callId: string, as = key): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const call = request(
      stand.gateway.url + path,
      { method: 'POST', headers: { ...bearer(as), 'x-litellm-call-id': callId, 'content-type': 'application/json' } },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        const bytes = (): Buffer => Buffer.concat(chunks)
        const over = new Promise<'whole' | 'broken'>((done) => {
          answer.on('close', () => done(answer.complete ? 'whole' : 'broken'))
          answer.on('error', () => done('broken'))
        })
        resolve({ answer, bytes, text: () => bytes().toString(), over })
      },
    )
    call.on('error', reject)
    call.end(
      JSON.stringify({
        model: 'gpt-4o-mini',
        stream: true,
        max_tokens: 50,
        messages: [{ role: 'user', content: 'x' }],
      }),
    )
  })
}

const EVENT = `data: ${JSON.stringify({ choices: [{ delta: { content: 'five words of an answer' } }] })}\n\n`
const CHAT = '/openai/v1/chat/completions'

/** An upstream that says one event and then nothing, until it is told to go on. */
function stalls(): { end: (text: string) => void } {
  const waiting: { end?: (text: string) => void } = {}
  stand.elsewhere.answer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(EVENT)
    waiting.end = (text) => void response.end(text)
  })
  return { end: (text) => waiting.end?.(text) }
}

describe('a stream', () => {
  test('arrives event by event, and its end comes when the call is in the books', async () => {
    const upstream = stalls()
    const opened = await open(CHAT, 'stream-1')
    await vi.waitFor(() => expect(opened.text()).toBe(EVENT))
    const last =
      'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}\n\ndata: [DONE]\n\n'
    upstream.end(last)
    expect(await opened.over).toBe('whole')
    expect(opened.text()).toBe(EVENT + last)
    const [line] = await linesOf(stand, ['stream-1'])
    expect(line).toMatchObject({ prompt_tokens: 3, completion_tokens: 4, status: 'success' })
  })

  test('that its client leaves is ended upstream, and charged for what was written', async () => {
    stalls()
    const before = stand.elsewhere.abandoned()
    const opened = await open(CHAT, 'stream-2')
    await vi.waitFor(() => expect(opened.text()).toBe(EVENT))
    opened.answer.destroy()
    await vi.waitFor(() => expect(stand.elsewhere.abandoned()).toBe(before + 1), { timeout: 5_000 })
    const [line = {}] = await linesOf(stand, ['stream-2'])
    expect(Number(line['completion_tokens'])).toBeGreaterThan(0)
    expect(Number(line['spend'])).toBeGreaterThan(0)
  })

  test('of a stranger that is left is ended upstream as well', async () => {
    stalls()
    const before = stand.elsewhere.abandoned()
    const opened = await open('/open', 'stream-3')
    await vi.waitFor(() => expect(opened.text()).toBe(EVENT))
    opened.answer.destroy()
    await vi.waitFor(() => expect(stand.elsewhere.abandoned()).toBe(before + 1), { timeout: 5_000 })
  })

  test('INV-20: ends when its key is blocked', async () => {
    stalls()
    const other = await stand.key({ allowed_passthrough_routes: ['/openai'] })
    const before = stand.elsewhere.abandoned()
    const opened = await open(CHAT, 'stream-4', other)
    await vi.waitFor(() => expect(opened.text()).toBe(EVENT))
    await stand.asMaster({ path: '/key/block', body: { key: other } })
    await opened.over
    expect(opened.text()).toContain('Key is blocked')
    await vi.waitFor(() => expect(stand.elsewhere.abandoned()).toBe(before + 1), { timeout: 5_000 })
    expect((await linesOf(stand, ['stream-4']))[0]).toMatchObject({ status: 'failure' })
  })

  test('INV-20: ends when the list that opened the route is taken away', async () => {
    stalls()
    const other = await stand.key({ allowed_passthrough_routes: ['/openai'] })
    const opened = await open(CHAT, 'stream-5', other)
    await vi.waitFor(() => expect(opened.text()).toBe(EVENT))
    await stand.asMaster({ path: '/key/update', body: { key: other, allowed_passthrough_routes: [] } })
    await opened.over
    expect(opened.text()).toContain('allowed_passthrough_routes')
  })

  test('that breaks upstream looks broken here', async () => {
    stand.elsewhere.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(EVENT, () => response.destroy())
    })
    const opened = await open(CHAT, 'stream-6')
    expect(await opened.over).toBe('broken')
    expect((await linesOf(stand, ['stream-6']))[0]).toMatchObject({ status: 'failure' })
  })

  test('N-37: that stands still is ended', async () => {
    stalls()
    const opened = await open(CHAT, 'stream-7')
    expect(await opened.over).toBe('broken')
  })
})

test('an upstream that says nothing is answered for, and so is one that is not there', async () => {
  stand.elsewhere.answer(() => undefined)
  expect((await stand.as(key)({ path: '/flat/x', body: {} })).status).toBe(408)
  expect((await stand.call({ path: '/open', body: {} })).status).toBe(408)
  stand.elsewhere.answer((_, response) => response.destroy())
  expect((await stand.as(key)({ path: '/flat/x', body: {} })).status).toBe(500)
})

test('N-38: an answer of any length goes at the pace of its reader', async () => {
  let sent = 0
  const chunk = Buffer.alloc(64 * 1024, 'x')
  stand.elsewhere.answer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    const talk = (): void => {
      while (!response.destroyed && sent < 512 * 1024 * 1024) {
        sent += chunk.length
        if (!response.write(chunk)) return void response.once('drain', talk)
      }
      response.end()
    }
    talk()
  })
  const opened = await open('/flat/x', 'long-1')
  opened.answer.pause()
  let before = -1
  await vi.waitFor(
    () => {
      const now = sent
      const isStill = now === before
      before = now
      expect(isStill).toBe(true)
    },
    { timeout: 10_000, interval: 300 },
  )
  expect(sent).toBeLessThan(64 * 1024 * 1024)
  opened.answer.destroy()
})

test('bytes of any kind come back as they are', async () => {
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 31) % 256))
  stand.elsewhere.answer((_, response) =>
    response.writeHead(200, { 'content-type': 'image/png', etag: '"1"' }).end(bytes),
  )
  const opened = await open('/flat/x', 'bytes-1')
  await opened.over
  expect(opened.bytes().equals(bytes)).toBe(true)
  expect(opened.answer.headers).toMatchObject({ 'content-type': 'image/png', etag: '"1"' })
})

test('durable: whoever has the end of an answer has its line, whatever happens next', async () => {
  const api = await startElsewhere()
  const config = {
    general_settings: { pass_through_endpoints: [{ path: '/flat', target: api.url, cost_per_request: 0.5 }] },
  }
  const first = await startGateway({ config })
  const headers = { ...bearer(MASTER_KEY), 'x-litellm-call-id': 'crash-1' }
  expect((await callGateway(first.port, { path: '/flat', headers, body: {} })).status).toBe(200)
  const { dataDir } = first
  process.kill(first.pid, 'SIGKILL')
  await first.exited
  const second = await startGateway({ config, dataDir })
  const asMaster: PassStand['asMaster'] = (ask) =>
    callGateway(second.port, { ...ask, headers: { ...bearer(MASTER_KEY), ...ask.headers } })
  expect((await linesOf({ asMaster }, ['crash-1']))[0]).toMatchObject({ spend: 0.5 })
  await second.stop()
  await api.close()
}, 120_000)
