import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY } from '../../support/gateway.ts'
import type { Stand } from './support/stand.ts'
import { chatBody, startStand, stillServes } from './support/stand.ts'
import { head, sendRaw } from './support/raw-socket.ts'

let stand: Stand

beforeAll(async () => {
  stand = await startStand()
})

afterAll(() => stand.close())

const BODY = JSON.stringify(chatBody('mock-ok'))
const LENGTH = String(BODY.length)
const CHUNKS = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`

/** What an attacker hides behind an ambiguous request: it succeeds if anybody parses it. */
function smuggled(): string {
  return head('GET /v1/models HTTP/1.1', 'Host: gateway', `Authorization: Bearer ${stand.key}`)
}

function post(...headers: readonly string[]): string {
  return head(
    'POST /v1/chat/completions HTTP/1.1',
    'Host: gateway',
    `Authorization: Bearer ${stand.key}`,
    'Content-Type: application/json',
    ...headers,
  )
}

function get(...headers: readonly string[]): string {
  return head('GET /v1/models HTTP/1.1', 'Host: gateway', `Authorization: Bearer ${stand.key}`, ...headers)
}

const chunked = 'Transfer-Encoding: chunked'

const AMBIGUOUS: readonly { readonly name: string; readonly write: () => string }[] = [
  { name: 'CL.TE', write: () => post(`Content-Length: ${LENGTH}`, chunked) + CHUNKS },
  { name: 'TE.CL', write: () => post(chunked, `Content-Length: ${LENGTH}`) + CHUNKS },
  { name: 'TE.TE twice chunked', write: () => post(chunked, chunked) + CHUNKS },
  { name: 'TE.TE with an unknown coding', write: () => post(chunked, 'Transfer-Encoding: x') + CHUNKS },
  { name: 'chunked, identity', write: () => post('Transfer-Encoding: chunked, identity') + CHUNKS },
  { name: 'identity, chunked', write: () => post('Transfer-Encoding: identity, chunked') + CHUNKS },
  { name: 'gzip, chunked', write: () => post('Transfer-Encoding: gzip, chunked') + CHUNKS },
  { name: 'identity', write: () => post('Transfer-Encoding: identity') + BODY },
  { name: 'xchunked', write: () => post('Transfer-Encoding: xchunked') + CHUNKS },
  { name: 'chunked after a vertical tab', write: () => post('Transfer-Encoding: \x0bchunked') + CHUNKS },
  { name: 'an empty transfer coding', write: () => post('Transfer-Encoding:') + CHUNKS },
  { name: 'space before the colon of TE', write: () => post('Transfer-Encoding : chunked') + CHUNKS },
  { name: 'space before the colon of CL', write: () => post(`Content-Length : ${LENGTH}`) + BODY },
  { name: 'two equal lengths', write: () => post(`Content-Length: ${LENGTH}`, `Content-Length: ${LENGTH}`) + BODY },
  { name: 'two lengths', write: () => post(`Content-Length: ${LENGTH}`, 'Content-Length: 0') + BODY },
  { name: 'a list of lengths', write: () => post(`Content-Length: ${LENGTH}, ${LENGTH}`) + BODY },
  { name: 'a length with a plus', write: () => post(`Content-Length: +${LENGTH}`) + BODY },
  { name: 'a hexadecimal length', write: () => post(`Content-Length: 0x${BODY.length.toString(16)}`) + BODY },
  { name: 'a negative length', write: () => post('Content-Length: -1') + BODY },
  { name: 'a length with an exponent', write: () => post('Content-Length: 5e1') + BODY },
  { name: 'a length with an inner space', write: () => post('Content-Length: 5 5') + BODY },
  { name: 'a length beyond 64 bits', write: () => post('Content-Length: 99999999999999999999999') + BODY },
  { name: 'an empty length', write: () => post('Content-Length:') + BODY },
  { name: 'bare LF everywhere', write: () => post(`Content-Length: ${LENGTH}`).replaceAll('\r\n', '\n') + BODY },
  { name: 'one bare LF in the head', write: () => post(`X-A: b\nContent-Length: ${LENGTH}`) + BODY },
  { name: 'bare CR in a value', write: () => post(`X-A: b\rTransfer-Encoding: chunked`, `Content-Length: 0`) },
  { name: 'a head that ends in LF LF', write: () => `${post().slice(0, -4)}\n\n` },
  { name: 'a folded header', write: () => post('X-A: b', ' c: d', `Content-Length: ${LENGTH}`) + BODY },
  { name: 'a folded transfer coding', write: () => post('Transfer-Encoding:', ' chunked') + CHUNKS },
  { name: 'a first header that starts with a space', write: () => get().replace('\r\nHost', '\r\n Host') },
  { name: 'a header without a colon', write: () => get('Nonsense') },
  { name: 'a header without a name', write: () => get(': value') },
  { name: 'a header name with a space', write: () => get('X A: b') },
  { name: 'NUL in a value', write: () => get('X-A: b\0c') },
  { name: 'an escape character in a value', write: () => get('X-A: \x1b[31m') },
  { name: 'a chunk size beyond 64 bits', write: () => `${post(chunked)}FFFFFFFFFFFFFFFFF\r\n${BODY}` },
  { name: 'a chunk size with a prefix', write: () => `${post(chunked)}0x5\r\nabcde\r\n0\r\n\r\n` },
  { name: 'a negative chunk size', write: () => `${post(chunked)}-5\r\nabcde\r\n0\r\n\r\n` },
  { name: 'a chunk size with leading space', write: () => `${post(chunked)} ${CHUNKS}` },
  { name: 'a chunk longer than its size', write: () => `${post(chunked)}2\r\n{}extra\r\n0\r\n\r\n` },
  { name: 'chunk lines with bare LF', write: () => post(chunked) + CHUNKS.replaceAll('\r\n', '\n') },
  { name: 'a long chunk extension', write: () => post(chunked) + CHUNKS.replace('\r\n', `;${'e'.repeat(20_000)}\r\n`) },
  { name: 'chunked in HTTP/1.0', write: () => post(chunked).replace('HTTP/1.1', 'HTTP/1.0') + CHUNKS },
  { name: 'HTTP/0.9', write: () => 'GET /v1/models\r\n\r\n' },
  { name: 'HTTP/2 preface', write: () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  { name: 'HTTP/3.7', write: () => get().replace('HTTP/1.1', 'HTTP/3.7') },
  { name: 'http/1.1 in lower case', write: () => get().replace('HTTP/1.1', 'http/1.1') },
  { name: 'an unknown expectation', write: () => post('Expect: 200-ok', `Content-Length: ${LENGTH}`) + BODY },
  { name: 'a body on GET', write: () => `${get('Content-Length: 5')}hello` },
  { name: 'a chunked body on GET', write: () => `${get(chunked)}5\r\nhello\r\n0\r\n\r\n` },
  { name: 'a body on HEAD', write: () => `${get('Content-Length: 5').replace('GET', 'HEAD')}hello` },
  {
    name: 'a body on DELETE',
    write: () => `${get('Content-Length: 5').replace('GET /v1/models', 'DELETE /v1/responses/resp_1')}hello`,
  },
]

describe('AC-114, N-10, INV-38: framing in doubt is refused, and nobody sees what was hidden behind it', () => {
  test.each(AMBIGUOUS)('$name is a 4xx and a closed connection', async ({ write }) => {
    const forwarded = stand.upstream.requests.total

    const answer = await sendRaw(stand.gateway.port, write() + smuggled())

    expect(answer.statuses).not.toEqual([])
    expect(answer.statuses.filter((status) => status < 400 || status >= 500)).toEqual([])
    expect(answer.isClosed).toBe(true)
    expect(answer.bytes).not.toContain('"object":"model"')
    expect(stand.upstream.requests.total).toBe(forwarded)
  })

  test('garbage after an honest request ends the connection, and what follows it is never parsed', async () => {
    const answer = await sendRaw(stand.gateway.port, `${get()}\x01\x02garbage\r\n\r\n${smuggled()}`)

    expect(answer.statuses.at(-1)).toBe(400)
    expect(answer.statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(1)
    expect(answer.isClosed).toBe(true)
  })

  test('a version of HTTP that is not spoken here is refused, whatever its number', async () => {
    for (const version of ['2.0', '1.2', '9.9', '0.9']) {
      const before = stand.upstream.requests.total
      const line = `POST /v1/chat/completions HTTP/${version}`
      const lines = ['Host: gateway', `Authorization: Bearer ${stand.key}`, 'Content-Type: application/json']
      const answer = await sendRaw(stand.gateway.port, head(line, ...lines, `Content-Length: ${LENGTH}`) + BODY)
      expect(answer).toMatchObject({ statuses: [400], isClosed: true })
      expect(stand.upstream.requests.total).toBe(before)
    }
  })

  test('what is refused is refused once, whatever comes behind it', async () => {
    for (const coding of ['identity', 'xchunked', 'gzip']) {
      const answer = await sendRaw(stand.gateway.port, post(`Transfer-Encoding: ${coding}`) + smuggled() + BODY)
      expect(answer).toMatchObject({ statuses: [400], isClosed: true })
    }
  })

  test('an upgrade to h2c is never taken up', async () => {
    const upgrade = get(
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
    )

    const answer = await sendRaw(stand.gateway.port, upgrade, { answers: 1 })

    expect(answer.statuses).toHaveLength(1)
    expect(answer.statuses[0]).not.toBe(101)
  })

  test('CONNECT opens no tunnel', async () => {
    const tunnel = head('CONNECT 127.0.0.1:22 HTTP/1.1', 'Host: 127.0.0.1:22', `Authorization: Bearer ${stand.key}`)

    const answer = await sendRaw(stand.gateway.port, tunnel + smuggled())

    expect(answer.statuses).toEqual([405])
    expect(answer.isClosed).toBe(true)
  })
})

describe('N-10: a refusal before the body was read closes the connection', () => {
  const TABLE = [
    { status: 401, line: 'POST /v1/chat/completions HTTP/1.1', key: () => 'sk-nobody' },
    { status: 404, line: 'POST /no/such/route HTTP/1.1', key: () => stand.key },
    { status: 405, line: 'PUT /v1/chat/completions HTTP/1.1', key: () => stand.key },
  ]
  test.each(TABLE)('$status', async ({ status, line, key }) => {
    const lines = ['Host: gateway', `Authorization: Bearer ${key()}`, 'Content-Type: application/json']

    const answer = await sendRaw(stand.gateway.port, head(line, ...lines, 'Content-Length: 999') + smuggled())

    expect(answer.statuses).toEqual([status])
    expect(answer.isClosed).toBe(true)
  })

  test('413: a declared length over the limit is refused without waiting for a byte of it', async () => {
    const answer = await sendRaw(stand.gateway.port, post(`Content-Length: ${33 * 1024 * 1024}`))

    expect(answer.statuses).toEqual([413])
    expect(answer.isClosed).toBe(true)
  })

  test('a body that ends before its length is never forwarded', async () => {
    const forwarded = stand.upstream.requests.total

    await sendRaw(stand.gateway.port, post(`Content-Length: ${BODY.length + 10}`) + BODY, { endsAfter: true })

    expect(await stillServes(stand)).toBe(true)
    expect(stand.upstream.requests.total).toBe(forwarded + 1)
  })
})

describe('RFC 9112 9.6: what was sent behind a request begins when that is answered', () => {
  const whole = (): string => post(`Content-Length: ${LENGTH}`) + BODY
  /** It has the form of a key, so that the store is asked, and the next request is there before the answer is. */
  const NOBODYS = 'sk-Qm7vX2pLr9TzK4wBn8YcH5dGs3FjA6eU0iOy'
  const ofNobody = (bytes: string): string => bytes.replace(stand.key, NOBODYS)

  test('and never, where the answer closes the connection', async () => {
    const order = JSON.stringify({ key_alias: 'made-behind-a-refusal' })
    const lines = ['Host: gateway', `Authorization: Bearer ${MASTER_KEY}`, 'Content-Type: application/json']
    const making = head('POST /key/generate HTTP/1.1', ...lines, `Content-Length: ${order.length}`) + order

    for (const refused of [ofNobody(whole()), whole().replace('chat', 'chit')]) {
      const answer = await sendRaw(stand.gateway.port, refused + making)
      expect([answer.statuses.length, answer.isClosed]).toEqual([1, true])
      expect([401, 404]).toContain(answer.statuses[0])
    }

    // Changes are made one after the other: what had been begun before this one would be done.
    const { status } = await stand.asMaster({ path: '/key/generate', body: {} })
    const made = await stand.asMaster({ path: '/key/aliases' })
    expect([status, made.text.includes('the-caller'), made.text.includes('behind-a-refusal')]).toEqual([
      200,
      true,
      false,
    ])
  })

  test('a refusal that leaves the connection open says nothing about the next request', async () => {
    const answer = await sendRaw(stand.gateway.port, ofNobody(get()) + whole() + get('Connection: close'))

    expect(answer.statuses).toEqual([401, 200, 200])
  })

  test('who sends very many at once and waits for none is hung up on', async () => {
    const answer = await sendRaw(stand.gateway.port, whole() + get().repeat(200))

    expect(answer.isClosed).toBe(true)
    expect(answer.statuses.length).toBeLessThan(200)
    expect(await stillServes(stand)).toBe(true)
  })
})

describe('honest framing is served', () => {
  test('two requests on one connection are two answers', async () => {
    const both = get() + get('Connection: close')

    const answer = await sendRaw(stand.gateway.port, both)

    expect(answer.statuses).toEqual([200, 200])
  })

  test('a chunked body with a short extension is one call', async () => {
    const forwarded = stand.upstream.requests.total
    const bytes = post(chunked, 'Connection: close') + CHUNKS.replace('\r\n', ';a=b\r\n')

    const answer = await sendRaw(stand.gateway.port, bytes)

    expect(answer.statuses).toEqual([200])
    expect(stand.upstream.requests.total).toBe(forwarded + 1)
  })

  test('Expect: 100-continue is answered before the body', async () => {
    const asking = post(`Content-Length: ${LENGTH}`, 'Expect: 100-continue', 'Connection: close')

    const answer = await sendRaw(stand.gateway.port, asking + BODY)

    expect(answer.statuses).toEqual([100, 200])
  })

  test('INV-25: after all of the above the same process serves the next caller', async () => {
    expect(await stillServes(stand)).toBe(true)
  })
})
