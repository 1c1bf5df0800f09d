import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY, bearer } from '../../support/gateway.ts'
import { SECRET, openPassStand, textOf } from './support/stand.ts'
import type { PassStand, Seen } from './support/stand.ts'

let stand: PassStand
let key: string

beforeAll(async () => {
  stand = await openPassStand({
    env: () => ({ BRIA_KEY: SECRET }),
    endpoints: ({ elsewhere }) => [
      {
        path: '/bria',
        target: `${elsewhere}/base`,
        headers: { api_token: 'Token os.environ/BRIA_KEY' },
        include_subpath: true,
        forward_headers: true,
      },
      {
        path: '/quiet',
        target: elsewhere,
        headers: { authorization: `Bearer ${SECRET}` },
        default_query_params: { v: '1', api_key: SECRET },
      },
      { path: '/open', target: elsewhere, auth: false, forward_headers: true, include_subpath: true },
      { path: '/named', target: elsewhere, headers: { litellm_user_api_key: 'x-user-key' }, forward_headers: true },
      {
        path: '/fuse',
        target: elsewhere,
        custom_auth_parser: 'langfuse',
        headers: { LANGFUSE_PUBLIC_KEY: 'pk', LANGFUSE_SECRET_KEY: 'os.environ/BRIA_KEY', 'x-more': '1' },
      },
    ],
  })
  key = await stand.key({ allowed_passthrough_routes: ['/bria', '/quiet', '/named', '/fuse'] })
}, 120_000)
afterAll(() => stand.close())

function last(): Seen {
  const found = stand.elsewhere.seen.at(-1)
  if (found === undefined) throw new Error('nothing arrived')
  return found
}

describe('AT-026: without auth it asks who calls', () => {
  test.each(['/bria', '/bria/x', '/quiet', '/named', '/fuse'])('%s', async (path) => {
    const before = stand.elsewhere.seen.length
    for (const headers of [{}, bearer('sk-wrong'), bearer('a.b.c'), { authorization: 'Basic eDp5' }]) {
      expect((await stand.call({ path, headers, body: {} })).status).toBe(401)
    }
    expect(stand.elsewhere.seen.length).toBe(before)
  })
})

describe('AT-027: with auth: false it forwards without credentials', () => {
  test('a stranger is served, and nothing of a credential goes along', async () => {
    const answer = await stand.call({
      path: '/open/x?a=1&key=sk-mine-0123456789&access_token=t-0123456789',
      headers: { ...bearer(MASTER_KEY), cookie: 'a=b', 'x-api-key': MASTER_KEY, 'x-thing': '1' },
      body: { hello: 1, litellm_metadata: { tags: ['t'] } },
    })
    expect(answer).toMatchObject({ status: 200, text: '{"ok":true}' })
    expect(last()).toMatchObject({ method: 'POST', url: '/x?a=1' })
    expect(last().headers['x-thing']).toBe('1')
    expect(last().headers).not.toHaveProperty('authorization')
    expect(textOf(last())).not.toMatch(/sk-|0123456789|a=b/)
    expect(last().body.toString()).toBe('{"hello":1}')
  })

  test('a wrong key is no reason to refuse, and no line is kept', async () => {
    expect((await stand.call({ path: '/open', headers: bearer('sk-nobody-0123456789') })).status).toBe(200)
    const logs = await stand.asMaster({ path: '/spend/logs' })
    expect(logs.text).not.toContain('/open')
  })

  test('its body and its path obey the limits of all others', async () => {
    expect((await stand.call({ path: '/open', body: '{"a":1,"a":2}' })).status).toBe(400)
    expect((await stand.call({ path: '/open/..%2fx', method: 'GET' })).status).toBe(400)
  })
})

describe('AC-118, INV-34: with forward_headers: true', () => {
  const CREDENTIALS = [
    'authorization',
    'api-key',
    'x-api-key',
    'x-goog-api-key',
    'ocp-apim-subscription-key',
    'x-litellm-api-key',
  ]
  test.each(CREDENTIALS)('a credential in %s opens the door and stays behind it', async (name) => {
    const value = name === 'authorization' ? `Bearer ${key}` : key
    const answer = await stand.call({ path: '/bria/x', headers: { [name]: value, 'x-mine': 'yes' }, body: {} })
    expect(answer.status).toBe(200)
    expect(textOf(last())).not.toContain(key)
    expect(last().headers['x-mine']).toBe('yes')
    expect(last().headers['api_token']).toBe(`Token ${SECRET}`)
  })

  test('nothing of another hop, of a session or of where the call came from goes along', async () => {
    const bad = {
      cookie: 'session=1',
      'proxy-authorization': 'Basic eDp5',
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
      via: '1.1 x',
      'x-real-ip': '1.2.3.4',
      'x-http-method-override': 'DELETE',
      'x-original-url': '/admin',
      'x-litellm-tags': 'a',
      'sec-fetch-site': 'none',
      referer: 'https://x.example',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      te: 'trailers',
      x_api_key: 'mine',
      'x-secret-token': 'mine',
      api_token: 'mine',
      'api-token': 'mine',
      'x-named-by-connection': '1',
      'openai-organization': 'org-1',
    }
    await stand.as(key)({
      path: '/bria',
      headers: { ...bad, connection: 'close, x-named-by-connection', 'x-fine': '1' },
      body: {},
    })
    const { headers } = last()
    for (const name of Object.keys(bad)) {
      if (name === 'api_token') expect(headers[name]).toBe(`Token ${SECRET}`)
      else expect(headers).not.toHaveProperty(name)
    }
    expect(headers['x-fine']).toBe('1')
    expect(headers['host']).toBe(new URL(stand.elsewhere.url).host)
    expect(headers['accept-encoding']).toBe('identity')
  })

  test.each([
    'x-pass-authorization',
    'x-pass-host',
    'x-pass-cookie',
    'x-pass-x-api-key',
    'x-pass-content-length',
    'x-pass-api_token',
    'x-pass-transfer-encoding',
    'x-pass-x-forwarded-for',
    'x-pass-x-litellm-tags',
  ])('%s sets nothing that a caller may not set', async (name) => {
    await stand.as(key)({ path: '/bria', headers: { [name]: 'mine' }, body: {} })
    const bare = name.slice('x-pass-'.length)
    expect(last().headers[bare] ?? '').not.toContain('mine')
    expect(last().headers).not.toHaveProperty(name)
  })

  test('x-pass- takes its prefix off, where headers of callers are wanted at all', async () => {
    await stand.as(key)({ path: '/bria', headers: { 'x-pass-x-region': 'eu' }, body: {} })
    expect(last().headers['x-region']).toBe('eu')
    await stand.as(key)({ path: '/quiet', headers: { 'x-pass-x-region': 'eu', 'x-mine': '1' }, body: {} })
    expect(last().headers).not.toHaveProperty('x-region')
    expect(last().headers).not.toHaveProperty('x-mine')
    expect(last().headers['authorization']).toBe(`Bearer ${SECRET}`)
  })

  test('a path that holds the caller’s key is refused', async () => {
    const before = stand.elsewhere.seen.length
    expect((await stand.as(key)({ path: `/bria/keys/${key}`, body: {} })).status).toBe(400)
    expect(stand.elsewhere.seen.length).toBe(before)
  })

  test('a header that holds the caller’s key in any other place does not go along', async () => {
    await stand.as(key)({ path: '/bria', headers: { 'x-note': `my key is ${key}`, 'x-pass-x-note': key }, body: {} })
    expect(textOf(last())).not.toContain(key)
  })
})

describe('queries', () => {
  test('what the operator adds is the caller’s to override, but for a credential', async () => {
    await stand.as(key)({ path: '/quiet', body: {} })
    expect(last().url).toBe(`/?v=1&api_key=${SECRET}`)
    await stand.as(key)({ path: '/quiet?v=2&api_key=mine&API_KEY=mine&key=mine&x=%20+', body: {} })
    expect(last().url).toBe(`/?v=2&x=%20+&api_key=${SECRET}`)
    await stand.as(key)({ path: `/quiet?note=${key}&${key}=1&q=${encodeURIComponent(`-${key}-`)}`, body: {} })
    expect(textOf(last())).not.toContain(key)
  })

  test('AC-124: a credential in the query opens nothing', async () => {
    expect((await stand.call({ path: `/bria?key=${key}`, body: {} })).status).toBe(401)
    expect(stand.gateway.stdout()).not.toContain(key)
  })
})

describe('places for a credential', () => {
  test('the header that the endpoint names', async () => {
    expect((await stand.call({ path: '/named', headers: { 'x-user-key': key }, body: {} })).status).toBe(200)
    expect(textOf(last())).not.toContain(key)
    expect(last().headers).not.toHaveProperty('x-user-key')
    expect(
      (await stand.call({ path: '/named', headers: { 'x-user-key': 'sk-no', ...bearer(key) }, body: {} })).status,
    ).toBe(401)
    expect((await stand.as(key)({ path: '/named', body: {} })).status).toBe(200)
    expect((await stand.call({ path: '/bria', headers: { 'x-user-key': key }, body: {} })).status).toBe(401)
  })

  test('langfuse: the user of a Basic credential, whose own goes upstream', async () => {
    const basic = (text: string) => ({ authorization: `Basic ${btoa(text)}` })
    expect((await stand.call({ path: '/fuse', headers: basic(`${key}:anything`), body: {} })).status).toBe(200)
    expect(last().headers['authorization']).toBe(`Basic ${btoa(`pk:${SECRET}`)}`)
    expect(Object.keys(last().headers).filter((name) => name.startsWith('langfuse'))).toEqual([])
    expect(last().headers['x-more']).toBe('1')
    expect((await stand.call({ path: '/fuse', headers: basic(`anything:${key}`), body: {} })).status).toBe(401)
    expect((await stand.call({ path: '/bria', headers: basic(`${key}:anything`), body: {} })).status).toBe(401)
  })
})

describe('what comes back', () => {
  test('holds no credential of the operator, wherever the upstream cuts its answer', async () => {
    stand.elsewhere.answer((_, response) => {
      response.writeHead(200, {
        'content-type': 'text/plain',
        'x-echo': SECRET,
        'set-cookie': 'a=b',
        server: 'x',
        'x-plain': '1',
        location: 'http://10.0.0.1/',
      })
      response.write(`it was ${SECRET.slice(0, 7)}`)
      setImmediate(() => response.end(`${SECRET.slice(7)}, and ${SECRET}`))
    })
    const answer = await stand.as(key)({ path: '/bria', body: {} })
    expect(answer.text).toBe(`it was ${'*'.repeat(SECRET.length)}, and ${'*'.repeat(SECRET.length)}`)
    for (const name of ['x-echo', 'set-cookie', 'server', 'location']) expect(answer.headers).not.toHaveProperty(name)
    expect(answer.headers['x-plain']).toBe('1')
    expect(answer.headers['x-litellm-call-id']).toEqual(expect.any(String))
    expect(answer.headers['content-security-policy']).toContain('sandbox')
  })

  test.each([301, 302, 303, 307, 308])('AC-120: a redirect %d is not followed and not passed on', async (status) => {
    stand.elsewhere.answer((_, response) =>
      response.writeHead(status, { location: `${stand.upstream.url}/stolen` }).end(),
    )
    const before = stand.upstream.requests.total
    const answer = await stand.as(key)({ path: '/bria', body: {} })
    expect(answer.status).toBe(502)
    expect(answer.headers).not.toHaveProperty('location')
    expect(stand.upstream.requests.total).toBe(before)
  })

  test.each([400, 401, 403, 404, 429, 500, 503])('an error %d comes with its own status and words', async (status) => {
    stand.elsewhere.answer((_, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"detail": "no,  not so"}'),
    )
    expect(await stand.as(key)({ path: '/bria', body: {} })).toMatchObject({
      status,
      text: '{"detail": "no,  not so"}',
    })
  })
})
