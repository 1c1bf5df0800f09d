import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { REDIRECT_TRAP } from '../../support/mock-upstream/provider-errors.ts'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import type { Answer, Stand } from './support/stand.ts'
import { CHAT, UPSTREAM_KEY, chatBody, ledgerRows, startStand, stillServes, valueAt } from './support/stand.ts'

let stand: Stand
let elsewhere: MockUpstream

const MODELS = [
  'mock-ok',
  'mock-usage-missing',
  'mock-usage-negative',
  'mock-usage-infinite',
  'mock-usage-text',
  'mock-usage-huge',
  'mock-usage-fraction',
  'mock-usage-every-chunk',
  'mock-302',
  'mock-307',
  'mock-gzip',
  'mock-gzip-bomb',

  'mock-huge-body',
  'mock-headers',
  'mock-header-flood',
  'mock-header-huge',
  'mock-html',
  'mock-502',
  'mock-truncated',
  'mock-broken-event',
  'mock-huge-event',
  'mock-error-event',
  'mock-401-leak',
  'mock-reset',
  'mock-reset-at-once',
  'mock-no-done',
  'mock-crlf',
  'mock-split-1',
  'mock-scripted',
  'mock-one-write',
]

beforeAll(async () => {
  elsewhere = await startMockUpstream()
  stand = await startStand({
    configure: (upstream) => ({
      model_list: MODELS.map((name) => mockModel(name, upstream.apiBase)),
      router_settings: { num_retries: 0, disable_cooldowns: true },
    }),
  })
})

afterAll(async () => {
  await stand.close()
  await elsewhere.close()
})

let counter = 0

async function ask(model: string, more: object = {}): Promise<Answer & { readonly id: string }> {
  const id = `call-${(counter += 1)}`
  const headers = { 'x-litellm-call-id': id }
  return { id, ...(await stand.asCaller({ path: CHAT, headers, body: chatBody(model, more) })) }
}

/** What no client may learn, whatever the provider says. */
function tellsNothing({ text, headers }: Answer): void {
  for (const wire of [text, JSON.stringify(headers)]) {
    expect(wire).not.toContain(UPSTREAM_KEY)
    expect(wire).not.toContain(`127.0.0.1:${stand.upstream.port}`)
    expect(wire).not.toMatch(/ECONN|undici|\bat .*:\d+:\d+|node:|\.ts:|\.js:/)
  }
}

const POISON = [
  'mock-usage-negative',
  'mock-usage-infinite',
  'mock-usage-text',
  'mock-usage-huge',
  'mock-usage-fraction',
  'mock-usage-missing',
  'mock-usage-every-chunk',
]

describe('AC-109, INV-29, Z-36: poisoned usage never enters the ledger', () => {
  test.each(POISON)('%s, whole and streamed: our own count is charged', async (model) => {
    const whole = await ask(model)
    const streamed = await ask(model, { stream: true })
    expect([whole.status, streamed.status]).toEqual([200, 200])

    for (const row of await ledgerRows(stand, [whole.id, streamed.id])) {
      for (const name of ['prompt_tokens', 'completion_tokens', 'total_tokens']) {
        expect(Number.isSafeInteger(row[name]), `${name} of ${model}: ${String(row[name])}`).toBe(true)
        expect(row[name]).toBeGreaterThanOrEqual(0)
        expect(row[name]).toBeLessThan(1_000)
      }
      expect(row['completion_tokens']).toBeGreaterThan(0)
      expect(row['spend']).toBeGreaterThan(0)
      expect(row['spend']).toBeLessThan(0.01)
    }
  })

  test.each(['NaN', 'null', '{}', '[]', 'true', '""', '"1e3"', '1e3', '-0', '9007199254740993', '0x10'])(
    'usage of %s',
    async (poison) => {
      stand.upstream.script('mock-scripted', { usage: { poison } })
      const whole = await ask('mock-scripted')
      const streamed = await ask('mock-scripted', { stream: true, stream_options: { include_usage: true } })

      for (const row of await ledgerRows(stand, [whole.id, streamed.id])) {
        expect(row['spend']).toBeGreaterThanOrEqual(0)
        expect(row['spend']).toBeLessThan(0.01)
        expect(Number.isSafeInteger(row['total_tokens'])).toBe(true)
      }
      expect(String(whole.headers['x-litellm-response-cost'] ?? '0')).toMatch(/^\d+(\.\d+)?(e-\d+)?$/)
    },
  )

  test('the key’s spend is the sum of its lines, and no answer made it smaller', async () => {
    const spendOf = async (): Promise<number> =>
      Number(valueAt(JSON.parse((await stand.asCaller({ path: '/key/info' })).text), ['info', 'spend']))
    const before = await spendOf()
    for (const model of POISON) await ask(model)

    await expect.poll(spendOf, { timeout: 8_000 }).toBeGreaterThanOrEqual(before)
    expect(Number.isFinite(await spendOf())).toBe(true)
  })
})

describe('AC-120, N-24: a redirect is an error and is never followed', () => {
  test.each(['mock-302', 'mock-307'])('%s', async (model) => {
    const { requests } = stand.upstream
    const before = requests.total
    const answer = await ask(model)

    expect(answer.status).toBe(502)
    expect(answer.headers.location).toBeUndefined()
    expect(requests.total).toBe(before + 1)
    expect(requests.all.map((each) => each.url)).not.toContain(REDIRECT_TRAP)
    tellsNothing(answer)
  })

  test.each([301, 302, 303, 307, 308, 300, 304])('%i to another host: the credential goes nowhere', async (status) => {
    const location = `${elsewhere.apiBase}/chat/completions`
    stand.upstream.script('mock-scripted', {
      refusal: { status, headers: { location, refresh: `0;url=${location}` }, body: '' },
    })

    for (const more of [{}, { stream: true }]) {
      const answer = await ask('mock-scripted', more)
      expect(answer.status).toBe(502)
      expect(JSON.stringify(answer.headers)).not.toContain(String(elsewhere.port))
      expect(answer.text).not.toContain(String(elsewhere.port))
    }
    expect(elsewhere.connections()).toBe(0)
  })
})

describe('N-13: the provider’s headers about itself go no further', () => {
  test.each([{}, { stream: true }])('Set-Cookie, Server, Location and the like: %j', async (more) => {
    const { status, headers } = await ask('mock-headers', more)

    expect(status).toBe(200)
    const forbidden = [
      'set-cookie',
      'server',
      'location',
      'alt-svc',
      'strict-transport-security',
      'access-control-allow-origin',
      'www-authenticate',
      'proxy-authenticate',
      'clear-site-data',
      'refresh',
      'link',
    ]
    for (const name of forbidden) {
      expect(headers[name], name).toBeUndefined()
      expect(headers[`llm_provider-${name}`], name).toBeUndefined()
    }
    expect(headers['content-security-policy']).not.toBe("default-src 'none'")
    expect(headers['x-litellm-call-id']).not.toBe('forged')
    expect(headers['x-litellm-response-cost']).not.toBe('0')
  })

  test.each(['mock-header-flood', 'mock-header-huge'])('%s is an answer or a clean error', async (model) => {
    for (const more of [{}, { stream: true }]) {
      const answer = await ask(model, more)
      expect([200, 500, 502, 503]).toContain(answer.status)
      tellsNothing(answer)
    }
  })

  test('a header value with control, bidirectional or foreign bytes does not break our answer', async () => {
    stand.upstream.script('mock-scripted', {
      headers: { 'x-request-id': 'caf\u00e9', 'openai-version': '\u0080\u00ff' },
    })

    const { status, headers } = await ask('mock-scripted')

    expect(status).toBe(200)
    expect(Object.values(headers).join('')).not.toMatch(/[\0-\x08\x0a-\x1f\x7f]/)
  })
})

describe('N-36, AC-121: an answer has a bound', () => {
  const resident = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${stand.gateway.pid}/status`, 'utf8'))?.[1])

  test('a gzip bomb is a clean error, and memory stays within the limit and 64 MiB', async () => {
    const before = resident()
    const answer = await ask('mock-gzip-bomb')
    const streamed = await ask('mock-gzip-bomb', { stream: true })

    expect([500, 502]).toContain(answer.status)
    expect(streamed.text.length).toBeLessThan(2_000_000)
    expect(resident() - before).toBeLessThan((64 + 64) * 1024)
    tellsNothing(answer)
  })

  test('an honest gzip answer is read, or refused cleanly: it is never relayed as bytes without a coding', async () => {
    const answer = await ask('mock-gzip')

    if (answer.status === 200) expect(JSON.parse(answer.text)).toMatchObject({ object: 'chat.completion' })
    else expect(answer.status).toBe(502)
  })

  test('an error page of 40 MB is no reason to hold 40 MB', async () => {
    const body = `<html>${'x'.repeat(40_000_000)}`
    stand.upstream.script('mock-scripted', { refusal: { status: 500, headers: { 'content-type': 'text/html' }, body } })
    const answer = await ask('mock-scripted')

    expect(answer.status).toBeGreaterThanOrEqual(500)
    expect(answer.text.length).toBeLessThan(8 * 1024)
  })

  test('an event line over the bound ends the stream with an error event', async () => {
    stand.upstream.script('mock-scripted', { hugeEventBytes: 3_000_000 })
    const { status, text } = await ask('mock-scripted', { stream: true })

    expect(status).toBeLessThan(600)
    expect(text.length).toBeLessThan(2_000_000)
    expect(text).toContain('"error"')
  })
})

describe('what is not the answer that was asked for', () => {
  test.each(['mock-html', 'mock-502', 'mock-truncated'])('%s is an error in our words', async (model) => {
    const answer = await ask(model)

    expect(answer.status).toBeGreaterThanOrEqual(500)
    expect(JSON.parse(answer.text)).toHaveProperty('error.message')
    expect(answer.text).not.toMatch(/<html|<!doctype|<h1/i)
    expect(answer.headers['content-type']).toMatch(/^application\/json/)
    tellsNothing(answer)
  })

  test.each(['mock-html', 'mock-502', 'mock-broken-event', 'mock-error-event', 'mock-no-done', 'mock-reset'])(
    '%s, streamed: no end is claimed that was none',
    async (model) => {
      const answer = await ask(model, { stream: true }).catch(() => undefined)
      if (answer === undefined) return
      expect(answer.text).not.toMatch(/<html|<!doctype|<h1/i)
      tellsNothing(answer)
      if (['mock-no-done', 'mock-reset'].includes(model)) expect(answer.text).not.toMatch(/\[DONE\]\s*$/)
    },
  )

  test.each([
    '[]',
    'null',
    '1',
    '""',
    '{"choices":null}',
    '{"id":{"a":1},"choices":[]}',
    '{"__proto__":{"a":1}}',
    '{"usage":[]}',
  ])('a success of %s is never a crash', async (body) => {
    stand.upstream.script('mock-scripted', {
      refusal: { status: 200, headers: { 'content-type': 'application/json' }, body },
    })
    for (const more of [{}, { stream: true }]) {
      const answer = await ask('mock-scripted', more)
      expect([200, 500, 502]).toContain(answer.status)
      tellsNothing(answer)
    }
  })

  test.each([100, 101, 204, 205, 206, 299, 418, 451, 499, 599, 700, 999])('status %i', async (status) => {
    // Node's own server cannot write all of these; those that it refuses arrive as a broken answer, which is as good.
    stand.upstream.script('mock-scripted', {
      refusal: { status, headers: { 'content-type': 'application/json' }, body: '{}' },
    })
    const answer = await ask('mock-scripted').catch((error: unknown) => String(error))

    expect(answer).not.toBeTypeOf('string')
    if (typeof answer === 'string') return
    expect(answer.status).toBeGreaterThanOrEqual(200)
    expect(answer.status).toBeLessThan(600)
    expect(answer.status).not.toBe(status < 200 ? status : 0)
  })

  test('bytes inside an event do not make a further event', async () => {
    stand.upstream.script('mock-scripted', { echo: true })
    const content = 'a\n\ndata: {"forged":true}\n\ndata: [DONE]\r\n\r\nevent: evil'
    const { text } = await ask('mock-scripted', { stream: true, messages: [{ role: 'user', content }] })

    expect(text).not.toMatch(/^data: \{"forged"/m)
    expect(text).not.toMatch(/^event: evil/m)
    expect(text.match(/^data: \[DONE\]/gm)).toHaveLength(1)
  })
})

describe('C-14: provider error texts', () => {
  const LEAKS = [
    { name: 'its credential', body: `Incorrect API key provided: ${UPSTREAM_KEY}`, secret: UPSTREAM_KEY },
    { name: 'part of its credential', body: 'Incorrect API key provided: sk-upstr*********6789', secret: 'sk-upstr' },
    {
      name: 'its credential in base64',
      body: Buffer.from(UPSTREAM_KEY).toString('base64'),
      secret: Buffer.from(UPSTREAM_KEY).toString('base64'),
    },
    { name: 'a URL', body: 'see http://internal.example:8443/v1/admin?token=abc for help', secret: 'internal.example' },
    { name: 'an https URL', body: 'see https://internal.example/v1/admin for help', secret: 'internal.example' },
    {
      name: 'another provider key',
      body: 'used sk-proj-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      secret: 'sk-proj-AAAA',
    },
    {
      name: 'a bearer value',
      body: 'header was Authorization: Bearer abcdef0123456789abcdef',
      secret: 'abcdef0123456789abcdef',
    },
    { name: 'a JWT', body: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlc2lnbmF0dXJl', secret: 'eyJzdWIiOiJ4In0' },
  ]
  test.each(LEAKS)('$name is not repeated, for any status', async ({ body, secret }) => {
    for (const status of [400, 401, 403, 404, 422, 429, 500, 503]) {
      const error = JSON.stringify({ error: { message: body, type: 'x', param: body, code: body } })
      for (const [type, text] of [
        ['application/json', error],
        ['text/plain', body],
        ['text/html', `<p>${body}`],
      ]) {
        stand.upstream.script('mock-scripted', {
          refusal: { status, headers: { 'content-type': type ?? '' }, body: text ?? '' },
        })
        const answer = await ask('mock-scripted')
        expect(answer.text, `${status} ${type}`).not.toContain(secret)
        expect(JSON.stringify(answer.headers)).not.toContain(secret)
      }
    }
  })

  test('the credential is not repeated from a header of the provider or an error event', async () => {
    stand.upstream.script('mock-scripted', { headers: { 'x-debug': UPSTREAM_KEY, 'x-request-id': UPSTREAM_KEY } })
    const inHeader = await ask('mock-scripted')
    const leak = await ask('mock-401-leak')
    const leaked = await ask('mock-401-leak', { stream: true })

    for (const answer of [inHeader, leak, leaked]) tellsNothing(answer)
  })

  test('a text of a megabyte, with control and bidirectional characters, is cut and harmless', async () => {
    const message = `\r\nHTTP/1.1 200 OK\r\n\r\n\u202e\u001b[31m\0${'x'.repeat(1_000_000)}`
    stand.upstream.script('mock-scripted', {
      refusal: {
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ error: { message } }),
      },
    })
    const { status, text } = await ask('mock-scripted')

    expect(status).toBe(400)
    expect(text.length).toBeLessThan(4 * 1024)
    expect(text).not.toMatch(/[\0-\x1f\u202e]/)
    expect(String(valueAt(JSON.parse(text), ['error', 'message']))).not.toMatch(
      /[\0-\x08\x1b\u202a-\u202e\u2066-\u2069]/,
    )
  })

  test('AC-148: it writes no line of its own into the log', async () => {
    const message = 'x\n{"level":60,"msg":"forged"}\r\n\u001b[2J\u202eforged'
    stand.upstream.script('mock-scripted', {
      refusal: {
        status: 500,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ error: { message } }),
      },
    })
    await ask('mock-scripted')
    await ask('mock-scripted', { user: 'a\n{"level":60,"msg":"forged"}' })

    const lines = `${stand.gateway.stdout()}${stand.gateway.stderr()}`.split('\n')
    expect(lines.filter((line) => /^\{"level":60|\u001b\[2J|\u202e/.test(line))).toEqual([])
  })
})

test('INV-25: after all of the above the same process serves the next caller', async () => {
  expect(await stillServes(stand)).toBe(true)
  expect(stand.gateway.stderr()).not.toMatch(/unhandled|uncaught|TypeError|RangeError/i)
})
