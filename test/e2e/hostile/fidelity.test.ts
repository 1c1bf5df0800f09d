import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { headerValues } from '../../support/mock-upstream/requests.ts'
import { KNOWN_TO_LIBRARIES, RESERVED } from './support/steering-names.ts'
import type { Stand } from './support/stand.ts'
import { CHAT, startStand, stillServes } from './support/stand.ts'

let stand: Stand

beforeAll(async () => {
  stand = await startStand()
})

afterAll(() => stand.close())

const message = '"messages":[{"role":"user","content":"hello"}]'

/** Sends one more member, written as given, and answers what the provider got. */
async function forwarded(
  raw: string,
  path: string = CHAT,
): Promise<{ readonly status: number; readonly body: string }> {
  const before = stand.upstream.requests.total
  const { status } = await stand.asCaller({ path, body: `{"model":"mock-ok",${message},${raw}}` })
  const arrived = stand.upstream.requests.total > before
  return { status, body: arrived ? (stand.upstream.requests.last?.body.toString() ?? '') : '' }
}

describe('unknown members reach the provider byte for byte', () => {
  const VALUES = [
    '1.0',
    '1.00',
    '-0',
    '-0.0',
    '1e2',
    '1E+2',
    '1e-7',
    '0.1',
    '1e400',
    '-1e400',
    '123456789012345678901234567890',
    '9007199254740993',
    '0.30000000000000004441',
    '"\\u0041"',
    '"\\/"',
    '"\\ud83d\\ude00"',
    '"\\ud800"',
    '"\\u0000"',
    '"é 日本 😀"',
    '"e\\u0301"',
    '"\u2028\u2029\ufeff"',
    '"<script>&\'"',
    '[ 1 , 2 ]',
    '{ "b" : 1 , "a" : [ ] }',
    '{"2":0,"1":0}',
    '[\n\t{"x": true}\r\n]',
    'null',
    'false',
    '""',
    '{"role":"user","model":"other","stream":true}',
  ]
  test.each(VALUES)('%j', async (value) => {
    const { status, body } = await forwarded(`"a_new_parameter":${value}`)

    expect(status).toBe(200)
    expect(body).toContain(`"a_new_parameter":${value}`)
  })

  test('INV-17 does not reach into them: inside a new parameter a reserved name is data or is refused', async () => {
    const { status, body } = await forwarded('"a_new_parameter":{"inner":{"api_base":"x"}}')

    expect([200, 400]).toContain(status)
    if (status === 200) expect(body).toContain('"a_new_parameter":{"inner":{"api_base":"x"}}')
  })

  test('known members keep their bytes as well', async () => {
    const { body } = await forwarded(
      '"temperature":1.0,"seed":12345678901234567890,"stop":["\\u0041"],"logit_bias":{"50256":-100.0}',
    )

    for (const part of ['"temperature":1.0', '"seed":12345678901234567890', '"stop":["\\u0041"]', '{"50256":-100.0}']) {
      expect(body).toContain(part)
    }
  })

  test('what is meant for the gateway stays here', async () => {
    const { status, body } = await forwarded('"metadata":{"mine":1},"num_retries":0,"tags":["t"]')

    expect(status).toBe(200)
    for (const name of ['metadata', 'num_retries', 'tags']) expect(body).not.toContain(name)
  })

  test('members of extra_body arrive at the top, or extra_body is refused', async () => {
    const { status, body } = await forwarded('"extra_body":{"a_new_parameter":1.0}')

    expect([200, 400]).toContain(status)
    if (status === 200) expect(body).toContain('"a_new_parameter":1.0')
  })

  test('any JSON value that no reader of ours knows', async () => {
    const reserved = new Set([...RESERVED, ...KNOWN_TO_LIBRARIES].map(([name]) => name))
    const names = fc.stringMatching(/^x_[a-z]{1,12}$/).filter((name) => !reserved.has(name))
    const spaces = fc.constantFrom(0, 1, '\t')
    await fc.assert(
      fc.asyncProperty(names, fc.jsonValue({ maxDepth: 4 }), spaces, async (name, value, space) => {
        const raw = JSON.stringify(value, undefined, space)
        fc.pre(!/"__proto__"|"constructor"|"prototype"/.test(raw))
        const { status, body } = await forwarded(`"${name}":${raw}`)
        expect(status).toBe(200)
        expect(body).toContain(`"${name}":${raw}`)
        expect(() => JSON.parse(body)).not.toThrow()
      }),
      { numRuns: 60 },
    )
  })
})

describe('N-11, INV-34: what leaves is built, not relayed', () => {
  const DROPPED = {
    cookie: 'session=inbound-secret',
    'proxy-authorization': 'Basic inbound-secret',
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-host': 'evil.example',
    forwarded: 'for=203.0.113.9',
    via: '1.1 evil',
    'x-real-ip': '203.0.113.9',
    origin: 'http://127.0.0.1',
    referer: 'https://evil.example/?inbound-secret',
    te: 'trailers',
    'sec-fetch-mode': 'cors',
    'x-litellm-tags': 'inbound-secret',
    'x-litellm-session-id': 'inbound-secret',
    'x-pass-authorization': 'Bearer inbound-secret',
    'x-pass-x-api-key': 'inbound-secret',
    'openai-organization': 'org-inbound-secret',
    'openai-project': 'proj-inbound-secret',
    'x-custom': 'inbound-secret',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'user-agent': 'inbound-secret/1.0',
  }

  test.each(Object.entries(DROPPED))('the caller’s %s stays here', async (name, value) => {
    const { status } = await stand.asCaller({
      path: CHAT,
      headers: { [name]: value },
      body: `{"model":"mock-ok",${message}}`,
    })
    if (status !== 200) return expect([400, 403]).toContain(status)

    const received = stand.upstream.requests.last
    const wire = JSON.stringify(received?.rawHeaders) + (received?.url ?? '')
    expect(wire).not.toContain(value)
    expect(wire).not.toMatch(/inbound-secret|evil/)
  })

  test('headers named in Connection go no further, and hop-by-hop names neither', async () => {
    const headers = { connection: 'keep-alive, x-named', 'x-named': 'inbound-secret', 'keep-alive': 'timeout=1' }
    await stand.asCaller({ path: CHAT, headers, body: `{"model":"mock-ok",${message}}` })

    const received = stand.upstream.requests.last
    expect(received === undefined ? [] : headerValues(received, 'x-named')).toEqual([])
    expect(JSON.stringify(received?.rawHeaders)).not.toContain('inbound-secret')
  })

  test('the query stays here', async () => {
    await stand.asCaller({ path: `${CHAT}?api-version=2024&x=inbound-secret`, body: `{"model":"mock-ok",${message}}` })

    expect(stand.upstream.requests.last?.url).toBe('/v1/chat/completions')
  })
})

describe('AC-117, N-12: no header can be written by a value', () => {
  const INJECTIONS = [
    'a\r\nx-evil: 1',
    'a\nx-evil: 1',
    'a\r\n\r\nGET /evil HTTP/1.1',
    'a\0b',
    'a\u2028x-evil: 1',
    'é😀',
    '\u202etxt',
  ]

  test.each(INJECTIONS)('%j in the model, user, metadata and tags', async (value) => {
    const bodies = [
      { model: value },
      { user: value },
      { metadata: { tags: [value], session_id: value, [value]: value } },
      { litellm_session_id: value, litellm_trace_id: value },
      { safety_identifier: value, prompt_cache_key: value },
    ]
    for (const more of bodies) {
      const body = { model: 'mock-ok', messages: [{ role: 'user', content: 'x' }], ...more }
      const before = stand.upstream.requests.total
      const { status, headers } = await stand.asCaller({ path: CHAT, body })
      expect(status).toBeLessThan(500)
      expect(headers['x-evil']).toBeUndefined()
      const since = stand.upstream.requests.all.slice(
        -(stand.upstream.requests.total - before) || Number.POSITIVE_INFINITY,
      )
      for (const { rawHeaders, url } of since) {
        expect(rawHeaders.join('\n')).not.toMatch(/^x-evil/m)
        expect(url).not.toContain('evil')
      }
    }
  })

  test.each(INJECTIONS)('%j in a path is refused', async (value) => {
    const path = `/openai/deployments/${encodeURIComponent(value)}/chat/completions`
    const { status, headers } = await stand.asCaller({ path, body: { messages: [] } })

    expect([400, 404]).toContain(status)
    expect(headers['x-evil']).toBeUndefined()
  })

  test('a call id that comes back is a plain token, or one of our own', async () => {
    for (const id of ['a'.repeat(5_000), 'é', '<script>', 'a b', '"', 'a;b', '../x', '%0d%0ax-evil:1']) {
      const { status, headers } = await stand.asCaller({
        path: CHAT,
        headers: { 'x-litellm-call-id': Buffer.from(id).toString('latin1') },
        body: `{"model":"mock-ok",${message}}`,
      })
      expect([200, 400]).toContain(status)
      expect(String(headers['x-litellm-call-id'])).toMatch(/^[\x21-\x7e]{1,256}$/)
      expect(String(headers['x-litellm-call-id'])).not.toContain('<')
    }
  })
})

test('INV-25: after all of the above the same process serves the next caller', async () => {
  expect(await stillServes(stand)).toBe(true)
})
