import { gzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer, Ask, Stand } from './support/stand.ts'
import { CHAT, chatBody, ledgerRows, startStand, stillServes, stringAt, valueAt } from './support/stand.ts'
import { head, sendRaw } from './support/raw-socket.ts'

let stand: Stand

beforeAll(async () => {
  stand = await startStand()
})

afterAll(() => stand.close())

const MIB = 1024 * 1024
const MODEL_ROUTES = [
  CHAT,
  '/v1/completions',
  '/v1/embeddings',
  '/v1/images/generations',
  '/v1/responses',
  '/v1/moderations',
]
const KEY_ROUTES = ['/key/generate', '/key/update', '/key/delete', '/key/block', '/key/unblock', '/key/regenerate']

/** A refusal in the envelope that clients read, with nothing sent on. */
async function refused(ask: Ask, statuses: readonly number[] = [400]): Promise<Answer> {
  const forwarded = stand.upstream.requests.total
  const answer = await stand.asMaster(ask)
  expect(statuses, answer.text.slice(0, 300)).toContain(answer.status)
  const message = valueAt(JSON.parse(answer.text), ['error', 'message']) ?? valueAt(JSON.parse(answer.text), ['detail'])
  expect(message).toBeDefined()
  expect(answer.text).not.toMatch(/\bat .*:\d+:\d+|node:|\.ts\b|\.js\b/)
  expect(stand.upstream.requests.total).toBe(forwarded)
  return answer
}

const message = '"messages":[{"role":"user","content":"hello"}]'

describe('INV-25: what is not a JSON object is a 400', () => {
  const BODIES: readonly { readonly name: string; readonly body: string | Buffer }[] = [
    { name: 'nothing', body: '' },
    { name: 'white space', body: ' \n\t' },
    { name: 'an array', body: '[]' },
    { name: 'an array of requests', body: `[{"model":"mock-ok",${message}}]` },
    { name: 'a number', body: '1' },
    { name: 'text', body: '"model"' },
    { name: 'null', body: 'null' },
    { name: 'true', body: 'true' },
    { name: 'two documents', body: `{"model":"mock-ok",${message}}{"model":"mock-ok"}` },
    { name: 'trailing bytes', body: `{"model":"mock-ok",${message}}x` },
    { name: 'a trailing comma', body: `{"model":"mock-ok",${message},}` },
    { name: 'a comment', body: `{/* */"model":"mock-ok",${message}}` },
    { name: 'single quotes', body: "{'model':'mock-ok'}" },
    { name: 'NaN', body: `{"model":"mock-ok",${message},"temperature":NaN}` },
    { name: 'Infinity', body: `{"model":"mock-ok",${message},"temperature":Infinity}` },
    { name: 'a hexadecimal number', body: `{"model":"mock-ok",${message},"seed":0x1}` },
    { name: 'a leading zero', body: `{"model":"mock-ok",${message},"seed":01}` },
    { name: 'an unfinished string', body: '{"model":"mock-ok' },
    { name: 'an unfinished escape', body: '{"model":"mock-ok\\' },
    { name: 'an escape that is none', body: `{"model":"mock-ok",${message},"user":"\\x41"}` },
    { name: 'a raw control character', body: `{"model":"mock-ok",${message},"user":"a\nb"}` },
    { name: 'a raw NUL', body: `{"model":"mock-ok",${message},"user":"a\0b"}` },
    { name: 'NUL after the end', body: `{"model":"mock-ok",${message}}\0` },
    { name: 'invalid UTF-8', body: Buffer.from(`{"model":"mock-ok",${message},"user":"\xff\xfe"}`, 'latin1') },
    { name: 'over-long UTF-8', body: Buffer.from(`{"model":"mock-ok",${message},"user":"\xc0\xaf"}`, 'latin1') },
    {
      name: 'surrogates in UTF-8',
      body: Buffer.from(`{"model":"mock-ok",${message},"user":"\xed\xa0\x80"}`, 'latin1'),
    },
    { name: 'a cut UTF-8 sequence', body: Buffer.from('{"model":"mock-ok","user":"\xe2\x82', 'latin1') },
    { name: 'UTF-16', body: Buffer.from(`{"model":"mock-ok",${message}}`, 'utf16le') },
    { name: 'a form', body: 'model=mock-ok&messages=hello' },
    { name: 'XML', body: '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>' },
    { name: 'YAML', body: 'model: mock-ok\nmessages: !!js/function "function(){}"' },
    { name: 'random bytes', body: Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 131 + 7) % 256)) },
  ]
  test.each(BODIES)('$name', async ({ body }) => {
    for (const path of MODEL_ROUTES) await refused({ path, body })
    for (const path of KEY_ROUTES.slice(1)) await refused({ path, body }, [400, 404, 422])
  })

  test('a byte-order mark is refused, or is no part of the document', async () => {
    const body = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(JSON.stringify(chatBody('mock-ok')))])
    const { status } = await stand.asCaller({ path: CHAT, body })

    expect([200, 400]).toContain(status)
    if (status === 200) expect(stand.upstream.requests.last?.body.at(0)).toBe('{'.charCodeAt(0))
  })
})

describe('wrong types in places that the gateway reads are a 400 and never a 5xx', () => {
  const WRONG = [
    null,
    true,
    0,
    -1,
    1.5,
    '',
    [],
    {},
    [[]],
    { a: 1 },
    'x'.repeat(5_000),
    '\0',
    '\ud800',
    '__proto__',
    'constructor',
  ]

  test.each(['model', 'messages', 'stream', 'stream_options', 'metadata', 'user', 'tools', 'max_tokens', 'n', 'tags'])(
    '%s',
    async (name) => {
      for (const wrong of WRONG) {
        const { status, text } = await stand.asCaller({ path: CHAT, body: chatBody('mock-ok', { [name]: wrong }) })
        expect(status, `${name}: ${JSON.stringify(wrong)}: ${text.slice(0, 200)}`).toBeLessThan(500)
      }
    },
  )

  test('a model that is no name of the list is never forwarded', async () => {
    const names = [
      null,
      true,
      0,
      [],
      {},
      ['mock-ok'],
      { id: 'mock-ok' },
      '',
      ' mock-ok',
      'mock-ok ',
      'MOCK-OK',
      'mock-ok\0',
    ]
    const more = ['../mock-ok', 'mock-ok/../x', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '*', 'mock-*']
    for (const model of [...names, ...more]) {
      await refused({ path: CHAT, body: { ...chatBody(''), model } }, [400, 401, 403, 404])
    }
  })

  test('huge numbers, lone surrogates and NUL escapes are data', async () => {
    const raw = `{"model":"mock-ok",${message},"seed":123456789012345678901234567890,"user":"\\u0000\\ud800 \\udfff"}`
    const { status } = await stand.asCaller({ path: CHAT, body: raw })

    expect(status).toBeLessThan(500)
  })
})

describe('AC-115, N-07: the content type opens no second door', () => {
  const TYPES = [
    'application/json\t',
    'application/json;a',
    'application/json; charset=utf-8; charset=utf-7',
    'application/json; charset=utf-16',
    'application/json; charset="utf-8"',
    'text/json',
    'APPLICATION/JSON',
    'application/json, text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/plain; application/json',
    'application/vnd.api+json',
    'application/',
    '/',
    'x',
    '',
  ]
  test.each(TYPES)('%j: 415 or the validation of JSON', async (type) => {
    const headers = { 'content-type': type }
    const forwarded = stand.upstream.requests.total

    const evil = await stand.asMaster({
      path: CHAT,
      headers,
      body: { ...chatBody('mock-ok'), api_base: 'http://evil' },
    })
    const none = await stand.asMaster({ path: CHAT, headers, body: 'model=mock-ok' })
    const key = await stand.asMaster({ path: '/key/generate', headers, body: { duration: '-1s' } })

    expect([400, 415], evil.text.slice(0, 200)).toContain(evil.status)
    expect([400, 415]).toContain(none.status)
    expect([400, 415, 422]).toContain(key.status)
    expect(stand.upstream.requests.total).toBe(forwarded)
  })

  test('no content type at all', async () => {
    const body = JSON.stringify({ ...chatBody('mock-ok'), api_base: 'http://evil' })
    const lines = [
      'Host: g',
      `Authorization: Bearer ${stand.key}`,
      `Content-Length: ${body.length}`,
      'Connection: close',
    ]

    const answer = await sendRaw(stand.gateway.port, head(`POST ${CHAT} HTTP/1.1`, ...lines) + body)

    expect([400, 415]).toContain(answer.statuses[0])
  })

  test('a multipart body is not read as parameters', async () => {
    const part = (name: string, value: string): string =>
      `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
    const body = `${part('model', 'mock-ok')}${part('a[__proto__][x]', '1')}${part('api_base', 'http://evil')}--b--\r\n`

    await refused({ path: CHAT, headers: { 'content-type': 'multipart/form-data; boundary=b' }, body }, [400, 415])
  })
})

describe('AC-116, INV-39: no body reaches the intrinsics', () => {
  const POLLUTION = [
    '{"__proto__":{"user_role":"proxy_admin","polluted":"yes"}}',
    '{"constructor":{"prototype":{"polluted":"yes"}}}',
    '{"metadata":{"__proto__":{"polluted":"yes"}}}',
    '{"metadata":{"constructor":{"prototype":{"polluted":"yes"}}}}',
    '{"\\u005f\\u005fproto\\u005f\\u005f":{"polluted":"yes"}}',
    '{"__proto__":null}',
    '{"__proto__":[]}',
    '{"toString":1,"valueOf":1,"hasOwnProperty":1,"then":1,"toJSON":1}',
    '{"a[__proto__][polluted]":"yes","a.__proto__.polluted":"yes"}',
  ]

  test('every JSON route, and afterwards the same request has the same answer', async () => {
    const alike = async (): Promise<string> => {
      const { status, text } = await stand.asCaller({ path: CHAT, body: chatBody('mock-echo') })
      const made = await stand.asMaster({ path: '/key/generate', body: {} })
      const names = Object.keys(JSON.parse(made.text)).sort()
      const strange = await stand.asMaster({ path: CHAT, body: {} })
      return [status, stringAt(text, 'object'), names.join(), strange.status, strange.text].join('\n')
    }
    const before = await alike()

    for (const raw of POLLUTION) {
      for (const path of [...MODEL_ROUTES, ...KEY_ROUTES]) {
        const asMember = raw.replace('{', '{"model":"mock-ok","messages":[{"role":"user","content":"x"}],"input":"x",')
        const { status, text, headers } = await stand.asMaster({ path, body: asMember })
        expect(status, `${path} ${raw} ${text.slice(0, 200)}`).toBeLessThan(500)
        expect(JSON.stringify(headers)).not.toContain('polluted')
      }
    }
    expect(await alike()).toBe(before)
  })

  test('a caller does not become an administrator by it', async () => {
    for (const raw of POLLUTION) {
      const { status } = await stand.asCaller({ path: '/key/generate', body: raw })
      expect([400, 401, 403, 422]).toContain(status)
    }
    const list = await stand.asCaller({ path: '/key/list?__proto__[role]=proxy_admin' })
    expect(JSON.parse(list.text)).toMatchObject({ total_count: 1 })
  })
})

describe('AC-122, N-33: depth, width and size have a bound, and reaching it is cheap', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  const wide = (count: number): string => Array.from({ length: count }, (_, i) => `"k${i}":${i}`).join()
  const twice = (count: number): string => Array.from({ length: count }, () => '"a":1').join()

  const BODIES = [
    { name: 'an array of depth 1,000,000', write: () => `{"model":"mock-ok",${message},"x":${nested(1_000_000)}}` },
    {
      name: 'objects of depth 1,000,000',
      write: () => `{"model":"mock-ok",${message},"x":${nestedObjects(1_000_000)}}`,
    },
    { name: 'an array of depth 65', write: () => `{"model":"mock-ok",${message},"x":${nested(65)}}` },
    { name: 'unclosed depth 1,000,000', write: () => `{"model":"mock-ok","x":${'['.repeat(1_000_000)}` },
    { name: 'depth in metadata', write: () => `{"model":"mock-ok",${message},"metadata":{"x":${nested(100_000)}}}` },
    { name: 'depth in messages', write: () => `{"model":"mock-ok","messages":${nested(100_000)}}` },
    { name: 'depth instead of a document', write: () => nested(1_000_000) },
    { name: '200,000 keys', write: () => `{"model":"mock-ok",${message},${wide(200_000)}}` },
    { name: '200,000 keys inside', write: () => `{"model":"mock-ok",${message},"x":{${wide(200_000)}}}` },
    { name: '200,000 elements', write: () => `{"model":"mock-ok",${message},"x":[${'0,'.repeat(200_000)}0]}` },
    { name: '1,000,000 equal keys', write: () => `{"model":"mock-ok",${message},${twice(1_000_000)}}` },
  ]
  test.each(BODIES)('$name', async ({ write }) => {
    const body = write()
    const started = performance.now()
    await refused({ path: CHAT, body }, [400, 413])

    // The specified 200 ms, and as much again for the upload and a busy machine.
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('management bodies: depth 17 and 1 MiB', async () => {
    await refused({ path: '/key/generate', body: `{"metadata":{"x":${nested(17)}}}` }, [400, 413])
    await refused({ path: '/key/generate', body: `{"metadata":{"x":"${'a'.repeat(MIB)}"}}` }, [413])
  })

  test('33 MiB, declared', async () => {
    const lines = ['Host: g', `Authorization: Bearer ${stand.key}`, 'Content-Type: application/json']
    const bytes = head(`POST ${CHAT} HTTP/1.1`, ...lines, `Content-Length: ${33 * MIB}`)

    const answer = await sendRaw(stand.gateway.port, bytes)

    expect(answer.statuses).toEqual([413])
    expect(answer.isClosed).toBe(true)
  })

  test('33 MiB in chunks: cut at the limit, without an answer of success', async () => {
    const forwarded = stand.upstream.requests.total
    const body = Buffer.from(JSON.stringify(chatBody('mock-ok', { x: 'a'.repeat(33 * MIB) })))

    const outcome = await stand.asCaller({ path: CHAT, body, chunked: true }).then(
      ({ status }) => status,
      () => 'cut',
    )

    expect([413, 'cut']).toContain(outcome)
    expect(stand.upstream.requests.total).toBe(forwarded)
  })

  test('chunked uploads within the limit arrive whole', async () => {
    const messages = [{ role: 'user', content: 'word '.repeat(40_000) }]
    const body = Buffer.from(JSON.stringify(chatBody('mock-ok', { messages })))

    const { status } = await stand.asCaller({ path: CHAT, body, chunked: true })

    expect(status).toBe(200)
    expect(stand.upstream.requests.last?.bodyBytes).toBe(body.length)
  })

  test('a stranger is refused before the body is held', async () => {
    const lines = ['Host: g', 'Authorization: Bearer sk-nobody', 'Content-Type: application/json']
    const bytes = head(`POST ${CHAT} HTTP/1.1`, ...lines, `Content-Length: ${30 * MIB}`)

    const answer = await sendRaw(stand.gateway.port, bytes)

    expect(answer.statuses).toEqual([401])
    expect(answer.isClosed).toBe(true)
  })

  test('what a caller notes on a call does not grow the ledger without bound', async () => {
    const big = 'm'.repeat(MIB)
    const headers = { 'x-litellm-call-id': 'big-notes' }
    const more = { metadata: { note: big, spend_logs_metadata: { note: big } }, litellm_session_id: big }
    const { status } = await stand.asCaller({ path: CHAT, headers, body: chatBody('mock-ok', more) })

    if (status !== 200) return expect(status).toBe(400)
    const [row] = await ledgerRows(stand, ['big-notes'])
    expect(JSON.stringify(row).length).toBeLessThan(64 * 1024)
  })

  test('duplicate members are refused where two readers could differ', async () => {
    const names = ['model', 'messages', 'stream', 'user', 'metadata', 'anything']
    for (const name of names) {
      await refused({ path: CHAT, body: `{"${name}":1,"model":"mock-ok",${message},"${name}":2,"${name}":3}` })
    }
    await refused({ path: CHAT, body: `{"model":"mock-echo",${message},"m\\u006fdel":"mock-ok"}` })
    await refused({ path: '/key/generate', body: '{"key_alias":"a","key_alias":"b"}' })
    await refused({ path: '/key/generate', body: '{"metadata":{"a":1,"a":2}}' })
  })
})

describe('AC-121, N-35: compression is not a way around a limit', () => {
  const json = Buffer.from(JSON.stringify(chatBody('mock-ok')))
  const bomb = (): Buffer => gzipSync(Buffer.from(JSON.stringify(chatBody('mock-ok', { x: ' '.repeat(60 * MIB) }))))
  const TABLE = [
    { name: 'a gzip bomb', encoding: 'gzip', write: bomb },
    { name: 'gzip in gzip', encoding: 'gzip, gzip', write: () => gzipSync(gzipSync(json)) },
    {
      name: 'gzip 200 times',
      encoding: Array.from({ length: 200 }, () => 'gzip').join(', '),
      write: () => gzipSync(json),
    },
    { name: 'gzip of nothing that is gzip', encoding: 'gzip', write: () => json },
    { name: 'half of a gzip', encoding: 'gzip', write: () => gzipSync(json).subarray(0, 20) },
    { name: 'brotli', encoding: 'br', write: () => json },
    { name: 'deflate', encoding: 'deflate', write: () => json },
    { name: 'an unknown coding', encoding: 'x', write: () => json },
  ]
  test.each(TABLE)('$name', async ({ encoding, write }) => {
    await refused({ path: CHAT, headers: { 'content-encoding': encoding }, body: write() }, [400, 413, 415])
  })

  test('the bomb does not stay in memory', async () => {
    const resident = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${stand.gateway.pid}/status`, 'utf8'))?.[1])
    const before = resident()
    await Promise.all(
      Array.from({ length: 4 }, () =>
        stand.asCaller({ path: CHAT, headers: { 'content-encoding': 'gzip' }, body: bomb() }),
      ),
    )
    expect(resident() - before).toBeLessThan(4 * 96 * 1024)
  })

  test('one honest layer of gzip is read, or refused as a media type', async () => {
    const { status } = await stand.asCaller({
      path: CHAT,
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync(json),
    })

    expect([200, 415]).toContain(status)
  })
})

test('INV-25: after all of the above the same process serves the next caller', async () => {
  expect(await stillServes(stand)).toBe(true)
  expect(stand.gateway.stderr()).not.toMatch(/unhandled|RangeError|Maximum call stack/i)
})
