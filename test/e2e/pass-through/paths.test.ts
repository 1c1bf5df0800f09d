import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY } from '../../support/gateway.ts'
import { sendRaw } from '../hostile/support/raw-socket.ts'
import { openPassStand } from './support/stand.ts'
import type { PassStand } from './support/stand.ts'

let stand: PassStand

beforeAll(async () => {
  stand = await openPassStand({
    endpoints: ({ elsewhere }) => [
      { path: '/bria', target: `${elsewhere}/v1/base`, include_subpath: true },
      { path: '/exact', target: `${elsewhere}/one` },
      { path: '/post', target: elsewhere, methods: ['POST'], include_subpath: true },
      { path: '/open', target: `${elsewhere}/public`, include_subpath: true, auth: false },
    ],
    env: ({ elsewhere }) => ({ ANTHROPIC_API_KEY: 'sk-ant-operator-0123456789', ANTHROPIC_API_BASE: elsewhere }),
  })
}, 120_000)
afterAll(() => stand.close())

/** On the wire as it stands, with nothing in between that would tidy it up. */
async function raw(head: string, body = ''): Promise<string> {
  const { bytes } = await sendRaw(stand.gateway.port, `${head}\r\n\r\n${body}`, { answers: 1 })
  return bytes
}

async function get(target: string, more = ''): Promise<{ status: number; url: string | undefined }> {
  const before = stand.elsewhere.seen.length
  const answer = await raw(
    `GET ${target} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${MASTER_KEY}\r\nconnection: close${more}`,
  )
  return { status: Number(answer.slice(9, 12)), url: stand.elsewhere.seen.slice(before).at(-1)?.url }
}

describe('N-05: what is below the prefix is below the target', () => {
  test.each([
    ['/bria', '/v1/base'],
    ['/bria/', '/v1/base'],
    ['/bria/x/y', '/v1/base/x/y'],
    ['/bria/x/', '/v1/base/x/'],
    ['/bria/x?y=%2F..%2F&z', '/v1/base/x?y=%2F..%2F&z'],
    ['/bria/a%20b/%C3%A9', '/v1/base/a%20b/%C3%A9'],
    ['/bria/m:generate@x', '/v1/base/m:generate@x'],
    ['/bria/a%3Fb%23c', '/v1/base/a%3Fb%23c'],
    ['/%62ria/x', '/v1/base/x'],
    ['/bria/%61', '/v1/base/a'],
    ['/bria/@evil.example', '/v1/base/@evil.example'],
    ['/bria/http:', '/v1/base/http:'],
    ['/exact', '/one'],
    ['/exact?a=1', '/one?a=1'],
    ['/anthropic/v1/models', '/v1/models'],
    ['/anthropic/@evil', '/@evil'],
    ['/open/x', '/public/x'],
  ])('%s -> %s', async (target, url) => {
    expect(await get(target)).toEqual({ status: 200, url })
  })
})

describe('AC-124: nothing leads out of it', () => {
  test.each([
    '/bria/..',
    '/bria/../x',
    '/bria/../../key/list',
    '/bria/..%2f',
    '/bria/..%2f..%2fadmin',
    '/bria/%2e%2e/x',
    '/bria/%2e%2e%2fx',
    '/bria/.%2e/x',
    '/bria/x/./y',
    '/bria/%252e%252e/x',
    '/bria/%252fx',
    '/bria/x%2fy',
    '/bria/x%2Fy',
    '/bria/x%5cy',
    '/bria/x\\y',
    '/bria/x%00y',
    '/bria/x%0d%0ahost:evil',
    '/bria/%ff',
    '/bria/%c0%ae%c0%ae/x',
    '/bria/%',
    '/bria//evil.example/x',
    '//bria/x',
    '/bria/x#y',
    '/anthropic/..%2f..%2fadmin',
    '/anthropic//evil.com/x',
    '/open/..%2f',
    '/open/%2e%2e/x',
    'http://evil.example/bria/x',
    'bria/x',
  ])('%s', async (target) => {
    const { status, url } = await get(target)
    expect([400, 404]).toContain(status)
    expect(url).toBeUndefined()
  })

  test.each(['/briax', '/BRIA', '/bri', '/exact/x', '/x/bria', '/anthropicx/y'])(
    '%s is no such prefix',
    async (target) => {
      expect(await get(target)).toEqual({ status: 404, url: undefined })
    },
  )

  test.each(['x-forwarded-host', 'x-original-url', 'x-rewrite-url', 'x-forwarded-uri', 'x-envoy-original-path'])(
    'AC-113: %s steers nothing',
    async (name) => {
      expect(await get('/bria/x', `\r\n${name}: evil.example`)).toEqual({ status: 200, url: '/v1/base/x' })
    },
  )

  test('a Host of the caller’s choice goes nowhere', async () => {
    await raw(`GET /bria/h HTTP/1.1\r\nhost: evil.example\r\nauthorization: Bearer ${MASTER_KEY}\r\nconnection: close`)
    expect(stand.elsewhere.seen.at(-1)?.headers.host).toBe(new URL(stand.elsewhere.url).host)
  })

  test('AC-114: one request stays one request', async () => {
    const before = stand.elsewhere.seen.length
    const head = `POST /bria/x HTTP/1.1\r\nhost: g\r\nauthorization: Bearer ${MASTER_KEY}`
    const inner = 'GET /bria/smuggled HTTP/1.1\r\nhost: g\r\n\r\n'
    const both = await raw(`${head}\r\ncontent-length: 4\r\ntransfer-encoding: chunked`, `0\r\n\r\n${inner}`)
    const twice = await raw(`${head}\r\ncontent-length: 2\r\ncontent-length: 3`, `{}${inner}`)
    const odd = await raw(`${head}\r\ntransfer-encoding: gzip, chunked`, `2\r\n{}\r\n0\r\n\r\n${inner}`)
    for (const answer of [both, twice, odd]) expect(answer.slice(9, 12)).toBe('400')
    expect(stand.elsewhere.seen.length).toBe(before)
    // What comes in pieces goes on with a length.
    await raw(`${head}\r\ntransfer-encoding: chunked\r\nconnection: close`, '2\r\n{}\r\n0\r\n\r\n')
    expect(stand.elsewhere.seen.at(-1)).toMatchObject({ method: 'POST', headers: { 'content-length': '2' } })
    expect(stand.elsewhere.seen.at(-1)?.headers).not.toHaveProperty('transfer-encoding')
  })
})

describe('methods', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('%s goes on as it is', async (method) => {
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: 'plain text' }
    expect((await stand.asMaster({ method, path: '/bria/x', ...body })).status).toBe(200)
    expect(stand.elsewhere.seen.at(-1)?.method).toBe(method)
  })

  test.each([
    ['GET', '/post'],
    ['GET', '/post/x'],
    ['DELETE', '/post/x'],
    ['OPTIONS', '/bria/x'],
    ['TRACE', '/bria/x'],
    ['HEAD', '/bria/x'],
  ])('%s %s does not', async (method, path) => {
    const before = stand.elsewhere.seen.length
    expect([404, 405]).toContain((await stand.asMaster({ method, path })).status)
    expect(stand.elsewhere.seen.length).toBe(before)
  })
})

test('an answer without content has no length, and stays what it is', async () => {
  stand.elsewhere.answer((_, response) => response.writeHead(204).end())
  const answer = await stand.asMaster({ method: 'DELETE', path: '/bria/x' })
  expect(answer).toMatchObject({ status: 204, text: '' })
  expect(answer.headers).not.toHaveProperty('content-length')
  stand.elsewhere.answer((_, response) => response.end('{}'))
})

describe('bodies', () => {
  test.each<[string, string, Buffer | string]>([
    ['bytes of any kind', 'application/octet-stream', Buffer.from([0, 255, 254, 128, 123, 10])],
    [
      'forms',
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
    ],
    ['JSON with its spaces', 'application/json', '{ "a" :  1.50,\n "b": "\\u00e9" }'],
    ['a list', 'application/json', '[1, 2]'],
  ])('%s go on byte for byte', async (_, type, body) => {
    await stand.asMaster({ path: '/bria/x', headers: { 'content-type': type }, body })
    const seen = stand.elsewhere.seen.at(-1)
    expect(seen?.body).toEqual(Buffer.from(body))
    expect(seen?.headers['content-type']).toBe(type)
  })

  test('without litellm_metadata, wherever it stands at the top', async () => {
    const inner = '"deep":{"litellm_metadata":1}'
    await stand.asMaster({ path: '/bria/x', body: `{"litellm_metadata":{"tags":["a"]}, "b":  2,${inner}}` })
    expect(stand.elsewhere.seen.at(-1)?.body.toString()).toBe(`{"b":  2,${inner}}`)
    await stand.asMaster({ path: '/bria/x', body: '{"litellm_metadata":{}}' })
    expect(stand.elsewhere.seen.at(-1)?.body.toString()).toBe('{}')
  })

  test.each([
    ['a member twice', 'application/json', '{"a":1,"a":2}'],
    ['__proto__', 'application/json', '{"__proto__":{}}'],
    ['no JSON', 'application/json', '{"a":'],
    ['no UTF-8', 'application/json', Buffer.from([123, 34, 255, 34, 58, 49, 125])],
    ['depth', 'application/json', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`],
  ])('N-11: %s is refused where it is JSON', async (_, type, body) => {
    const before = stand.elsewhere.seen.length
    expect((await stand.asMaster({ path: '/bria/x', headers: { 'content-type': type }, body })).status).toBe(400)
    expect(stand.elsewhere.seen.length).toBe(before)
  })

  test('a body beyond the limit is refused before it is read, for strangers too', async () => {
    const before = stand.elsewhere.seen.length
    for (const path of ['/bria/x', '/open/x']) {
      const answer = await raw(
        `POST ${path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer ${MASTER_KEY}\r\ncontent-length: ${33 * 1024 * 1024}`,
      )
      expect(answer.slice(9, 12)).toBe('413')
    }
    expect(stand.elsewhere.seen.length).toBe(before)
  })

  test('a coding that nobody here can read is refused', async () => {
    expect((await stand.asMaster({ path: '/bria/x', headers: { 'content-encoding': 'br' }, body: 'x' })).status).toBe(
      415,
    )
  })
})
