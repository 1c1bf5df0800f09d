import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY } from '../../support/gateway.ts'
import type { Stand } from './support/stand.ts'
import { CHAT, chatBody, startStand, stillServes } from './support/stand.ts'
import { head, sendRaw } from './support/raw-socket.ts'

let stand: Stand

beforeAll(async () => {
  stand = await startStand()
})

afterAll(() => stand.close())

const BODY = JSON.stringify({ key_alias: 'made-by-a-trick' })

/** A key creation whose target and headers are written as given. */
async function generate(target: string, credential: string | undefined, ...more: readonly string[]): Promise<number> {
  const hosts = more.some((line) => /^host/i.test(line)) ? [] : ['Host: gateway']
  const auth = credential === undefined ? [] : [`Authorization: Bearer ${credential}`]
  const bytes = head(
    `POST ${target} HTTP/1.1`,
    ...hosts,
    ...auth,
    ...more.filter((line) => line !== 'Host: (none)'),
    'Content-Type: application/json',
    `Content-Length: ${BODY.length}`,
    'Connection: close',
  )
  const answer = await sendRaw(stand.gateway.port, bytes + BODY)
  expect(answer.statuses).toHaveLength(1)
  return answer.statuses[0] ?? 0
}

async function keyCount(): Promise<number> {
  const { text } = await stand.asMaster({ path: '/key/list' })
  const list: { readonly total_count: number } = JSON.parse(text)
  return list.total_count
}

const TARGETS = [
  '//key/generate',
  '/key//generate',
  '/health/../key/generate',
  '/key/./generate',
  '/%2e%2e/key/generate',
  '/%2E/key/generate',
  '/health/%2e%2e/key/generate',
  '/key%2fgenerate',
  '/key%2Fgenerate',
  '/key%5cgenerate',
  '/key\\generate',
  '/key%252fgenerate',
  '/key/generate;a',
  '/key;a/generate',
  '/key/generate%00',
  '/key/generate%0d%0a',
  '/key/generate%20',
  '/key/generate#/health',
  '/key/generate%23',
  '/key/generate%3f',
  'http://x/key/generate',
  'http://gateway/key/generate',
  'HTTP://127.0.0.1/key/generate',
  'gateway:4000/key/generate',
  'key/generate',
  '*',
  '/KEY/GENERATE',
  '/Key/generate',
  '/key/generatE',
  '/key/g%c0%aenerate',
  '/key/%ff',
  '/key/%ed%a0%80',
  '/key/%zz',
  '/key/%',
  '/key/generate%E2%80%AE',
  '/key/\x7fgenerate',
  '/key/g\xe9n\xe9rate',
  '/key/{generate}',
  '/key/generate|',
  '/key/"generate"',
]

describe('AC-112, N-01, N-02, N-03: a target names one route or none, whoever asks', () => {
  test.each(TARGETS)('%j is 400 or 404 for the administrator and makes no key', async (target) => {
    const before = await keyCount()

    const status = await generate(target, MASTER_KEY)

    expect([400, 404]).toContain(status)
    expect(await keyCount()).toBe(before)
  })

  test.each(TARGETS)('%j gives nothing to somebody without a credential', async (target) => {
    expect([400, 401, 404]).toContain(await generate(target, undefined))
  })

  test.each(['/health/liveliness%2f..%2f..%2fkey%2flist', '/health/liveliness/../../key/list', '/health/liveliness/x'])(
    'a public path is no prefix: %s',
    async (target) => {
      const answer = await sendRaw(stand.gateway.port, head(`GET ${target} HTTP/1.1`, 'Host: g', 'Connection: close'))

      expect([400, 401, 404]).toContain(answer.statuses[0])
    },
  )

  test('a trailing slash is a registered alias, with the same gate, or 404', async () => {
    for (const path of ['/v1/models/', '/key/list/', `${CHAT}/`]) {
      const isPost = path.startsWith(CHAT)
      const ask = isPost ? { path, body: chatBody('mock-ok') } : { path }
      const stranger = await stand.call(ask)
      const caller = await stand.asMaster(ask)

      expect([401, 404], path).toContain(stranger.status)
      expect([200, 404], path).toContain(caller.status)
    }
  })

  test('a model name with slashes in an Azure-style path stays below its route', async () => {
    const tricks = ['../../key/generate', '..%2f..%2fkey%2fgenerate', 'a%00b', '%2e%2e/mock-ok', 'mock-ok%5c..']
    const forwarded = stand.upstream.requests.total

    for (const trick of tricks) {
      const line = `POST /openai/deployments/${trick}/chat/completions HTTP/1.1`
      const answer = await sendRaw(
        stand.gateway.port,
        head(line, 'Host: g', `Authorization: Bearer ${stand.key}`, 'Content-Length: 0', 'Connection: close'),
      )
      expect([400, 404], trick).toContain(answer.statuses[0])
    }
    expect(stand.upstream.requests.total).toBe(forwarded)
  })

  test('N-31: a request line over 8 KiB, headers over 32 KiB and more than 100 headers are refused', async () => {
    const long = head(`GET /v1/models?q=${'a'.repeat(9_000)} HTTP/1.1`, 'Host: g', `Authorization: Bearer ${stand.key}`)
    const wide = head('GET /v1/models HTTP/1.1', 'Host: g', `X-A: ${'a'.repeat(40_000)}`)
    const many = head('GET /v1/models HTTP/1.1', 'Host: g', ...Array.from({ length: 200 }, (_, i) => `X-A${i}: b`))

    for (const bytes of [long, wide, many]) {
      const answer = await sendRaw(stand.gateway.port, bytes)
      expect([400, 413, 414, 431]).toContain(answer.statuses[0])
      expect(answer.isClosed).toBe(true)
    }
  })
})

describe('AC-111, N-06: Host decides nothing', () => {
  const HOSTS = [
    { name: 'a fragment', lines: ['Host: localhost:4000/#@x'] },
    { name: 'a path', lines: ['Host: x/../health'] },
    { name: 'a public path', lines: ['Host: gateway/health/liveliness'] },
    { name: 'a query', lines: ['Host: x?/health/liveliness'] },
    { name: 'user information', lines: ['Host: user@gateway'] },
    { name: 'a space', lines: ['Host: a b'] },
    { name: 'a list', lines: ['Host: a, b'] },
    { name: 'a port that is none', lines: ['Host: gateway:99999999'] },
    { name: 'a port with letters', lines: ['Host: gateway:4000x'] },
    { name: 'non-ASCII', lines: ['Host: g\xe4teway'] },
    { name: 'two of them', lines: ['Host: gateway', 'Host: public'] },
    { name: 'two equal ones', lines: ['Host: gateway', 'host: gateway'] },
    { name: 'none', lines: ['Host: (none)'] },
    { name: 'an empty one', lines: ['Host:'] },
  ]
  test.each(HOSTS)('$name is refused, also with the master key', async ({ lines }) => {
    const before = await keyCount()

    expect([400, 421]).toContain(await generate('/key/generate', MASTER_KEY, ...lines))
    expect(await keyCount()).toBe(before)
  })

  test.each(['public', 'health', 'localhost', '127.0.0.1', '[::1]', 'gateway:4000'])(
    'Host %s opens nothing to somebody without a credential',
    async (host) => {
      expect(await generate('/key/generate', undefined, `Host: ${host}`)).toBe(401)
    },
  )
})

describe('AC-113, N-04, N-08: headers that claim another route, method or address have no effect', () => {
  const CLAIMS = {
    'x-forwarded-uri': '/health/liveliness',
    'x-forwarded-prefix': '/health',
    'x-forwarded-path': '/health/liveliness',
    'x-forwarded-host': 'localhost',
    'x-forwarded-proto': 'https',
    'x-forwarded-method': 'GET',
    'x-original-url': '/health/liveliness',
    'x-original-uri': '/health/liveliness',
    'x-rewrite-url': '/health/liveliness',
    'x-envoy-original-path': '/health/liveliness',
    'x-http-method-override': 'GET',
    'x-http-method': 'GET',
    'x-method-override': 'GET',
    forwarded: 'for=127.0.0.1;host=localhost',
    'x-real-ip': '127.0.0.1',
  }
  test.each(Object.entries(CLAIMS))('%s: %s', async (name, value) => {
    const headers = { [name]: value }

    const stranger = await stand.call({ path: CHAT, headers, body: chatBody('mock-ok') })
    const caller = await stand.asCaller({ path: CHAT, headers, body: chatBody('mock-ok') })
    const list = await stand.asCaller({ path: '/v1/models', headers: { [name]: '/key/list' } })

    expect(stranger.status).toBe(401)
    expect(caller.status).toBe(200)
    expect(list.text).toContain('"mock-ok"')
  })

  test('INV-36: X-Forwarded-For of an unlisted peer does not become the recorded address', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.77', 'x-litellm-call-id': 'forwarded-for' }
    await stand.asCaller({ path: CHAT, headers, body: chatBody('mock-ok') })

    await expect
      .poll(async () => (await stand.asMaster({ path: '/spend/logs' })).text, { timeout: 8_000 })
      .toContain('"forwarded-for"')
    expect((await stand.asMaster({ path: '/spend/logs' })).text).not.toContain('203.0.113.77')
    expect(stand.gateway.stderr() + stand.gateway.stdout()).not.toContain('203.0.113.77')
  })

  test('N-04: a method in the query or body changes nothing', async () => {
    const { status } = await stand.call({ path: '/key/list?_method=OPTIONS', body: { _method: 'GET' } })

    expect([401, 405]).toContain(status)
  })
})

describe('N-04: methods', () => {
  test.each(['TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'PURGE', 'QUERY', 'LINK', 'M-SEARCH'])(
    '%s on a route without it is 405',
    async (method) => {
      for (const path of [CHAT, '/v1/models', '/key/generate']) {
        const { status } = await stand.asMaster({ method, path })
        expect(status, path).toBe(405)
      }
    },
  )

  test.each(['BREW', 'get', 'FOO'])('%s, a method that HTTP does not know, is 405', async (method) => {
    const bytes = head(`${method} /v1/models HTTP/1.1`, 'Host: g', `Authorization: Bearer ${stand.key}`)
    const answer = await sendRaw(stand.gateway.port, bytes)

    expect(answer.statuses).toEqual([405])
    expect(answer.isClosed).toBe(true)
  })

  test('OPTIONS * is about no route, and 405', async () => {
    const bytes = head('OPTIONS * HTTP/1.1', 'Host: g', `Authorization: Bearer ${stand.key}`)
    const answer = await sendRaw(stand.gateway.port, bytes)

    expect(answer.statuses).toEqual([405])
  })

  test('TRACE echoes nothing', async () => {
    const { text } = await stand.asCaller({ method: 'TRACE', path: '/v1/models' })

    expect(text).not.toContain(stand.key)
  })

  test('HEAD is authorised as GET and has no body', async () => {
    for (const path of ['/v1/models', '/model/info', '/metrics']) {
      const stranger = await stand.call({ method: 'HEAD', path })
      const admin = await stand.asMaster({ method: 'HEAD', path })

      expect(stranger.status, path).toBe(401)
      expect([200, 405], path).toContain(admin.status)
      expect(admin.text, path).toBe('')
    }
  })

  test('OPTIONS runs no route and gives nothing away', async () => {
    const forwarded = stand.upstream.requests.total
    const cross = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }

    for (const path of [CHAT, '/v1/models', '/key/generate', '/key/list', '*']) {
      const { status, headers, text } = await stand.call({ method: 'OPTIONS', path, headers: cross })
      expect(status, path).toBeLessThan(500)
      expect(text, path).not.toContain('mock-ok')
      expect(headers['access-control-allow-origin'], path).toBeUndefined()
      expect(headers['access-control-allow-credentials'], path).toBeUndefined()
    }
    expect(stand.upstream.requests.total).toBe(forwarded)
  })
})

describe('N-09: a header that matters comes once', () => {
  const TWICE = [
    ['Content-Type: application/json', 'Content-Type: application/json'],
    ['Content-Type: application/json', 'content-type: text/plain'],
    ['x-litellm-call-id: a', 'x-litellm-call-id: b'],
    ['x-litellm-tags: a', 'X-LiteLLM-Tags: b'],
    ['Origin: http://a', 'Origin: http://b'],
    ['Cookie: a=b', 'Cookie: c=d'],
  ]
  test.each(TWICE)('%s and %s: 400 and nothing is forwarded', async (first, second) => {
    const forwarded = stand.upstream.requests.total
    const body = JSON.stringify(chatBody('mock-ok'))
    const type = first.startsWith('Content-Type') ? [] : ['Content-Type: application/json']
    const lines = ['Host: g', `Authorization: Bearer ${stand.key}`, ...type, first, second]

    const bytes = head(`POST ${CHAT} HTTP/1.1`, ...lines, `Content-Length: ${body.length}`, 'Connection: close')
    const answer = await sendRaw(stand.gateway.port, bytes + body)

    expect(answer.statuses).toEqual([first.startsWith('Content-Type') ? expect.toBeOneOf([400, 415]) : 400])
    expect(stand.upstream.requests.total).toBe(forwarded)
  })

  test('underscores do not turn into dashes: x_litellm_api_key and x_api_key are no credentials', async () => {
    for (const name of ['x_litellm_api_key', 'x_api_key', 'api_key', 'x-litellm_api-key']) {
      const { status } = await stand.call({ path: '/v1/models', headers: { [name]: stand.key } })
      expect(status, name).toBe(401)
    }
  })
})

test('INV-25: after all of the above the same process serves the next caller', async () => {
  expect(await stillServes(stand)).toBe(true)
})
