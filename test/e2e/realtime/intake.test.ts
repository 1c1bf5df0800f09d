import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { MASTER_KEY, bearer, mockModel } from '../../support/gateway.ts'
import { head, sendRaw } from '../hostile/support/raw-socket.ts'
import { startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { REALTIME, refusal, respond, talk, tryTalk } from './support/talk.ts'
import type { TalkOptions } from './support/talk.ts'

const VOICE = `${REALTIME}voice`
const HANDSHAKE = [
  'Host: gateway',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

let rig: Rig
let key: string

beforeAll(async () => {
  rig = await startRig({
    configure: (mock) => ({
      model_list: [mockModel('voice', mock.apiBase), mockModel('other', mock.apiBase)],
      general_settings: { cors_origins: ['https://app.example.com'] },
    }),
  })
  key = await rig.newKey()
})
afterAll(() => rig.close())

function inProtocol(credential: string, ...others: readonly string[]): TalkOptions {
  return { key: null, protocols: [`openai-insecure-api-key.${credential}`, ...others] }
}

function withHeaders(headers: Readonly<Record<string, string>>): TalkOptions {
  return { key: null, options: { headers } }
}

/** Opens a session, and tells whose it was. */
async function payerOf(path: string, options: TalkOptions): Promise<string> {
  const session = await talk(rig.gateway, path, options)
  const { id } = await respond(session)
  session.socket.close()
  const [line] = await rig.linesOf(id)
  return line?.api_key ?? ''
}

async function digestOf(presented: string): Promise<string> {
  const { text } = await rig.get(`/key/info?key=${presented}`)
  const told: { readonly key: string } = JSON.parse(text)
  return told.key
}

describe('the credential of a session (identity 3.5)', () => {
  test.each([
    ['Authorization', () => ({ key })],
    ['api-key', () => withHeaders({ 'api-key': key })],
    ['AT-021 the sub-protocol alone', () => inProtocol(key)],
    ['AT-021 the sub-protocol among others', () => inProtocol(key, 'realtime', 'openai-beta.realtime-v1')],
    ['the same one twice', () => ({ ...inProtocol(key, 'realtime'), key })],
  ])('%s authenticates', async (_, options) => {
    expect(await payerOf(VOICE, options())).toBe(await digestOf(key))
  })

  test('the short path is the same route, and the master key opens it', async () => {
    const session = await talk(rig.gateway, '/realtime?model=voice', { key: MASTER_KEY })
    expect(await session.hear('session.created')).toMatchObject({ session: { model: 'voice' } })
    session.socket.close()
  })

  test.each([
    ['AT-020 without a scheme', () => withHeaders({ authorization: key }), 'Invalid Authorization header format'],
    ['AT-020 lower case', () => withHeaders({ authorization: `bearer ${key}` }), 'Invalid Authorization header format'],
    ['no credential', () => ({ key: null }), 'No API key provided'],
    ['in a place of other requests', () => withHeaders({ 'x-api-key': key }), 'No API key provided'],
    ['an unknown key', () => ({ key: `sk-${'0'.repeat(40)}` }), 'Invalid proxy server token passed'],
    [
      'an unknown key in the sub-protocol',
      () => inProtocol(`sk-${'1'.repeat(40)}`),
      'Invalid proxy server token passed',
    ],
    ['no key at all', () => ({ key: 'hello' }), 'LiteLLM Virtual Key expected'],
    ['two keys', () => ({ ...inProtocol('sk-other'), key }), 'Two different credentials'],
  ])('%s is refused with 403 before the upgrade', async (_, options, said) => {
    const asked = rig.mock.requests.total
    const refused = await refusal(rig.gateway, VOICE, options())
    expect(refused.status).toBe(403)
    expect(JSON.parse(refused.text)).toMatchObject({ error: { code: '403', message: expect.stringContaining(said) } })
    expect(await refused.closeCode).toBe(1006)
    expect(rig.mock.requests.total).toBe(asked)
  })

  test('neither the query nor a log holds a credential', async () => {
    const refused = await refusal(rig.gateway, `${VOICE}&key=${key}&api_key=${key}`, { key: null })
    expect(refused.status).toBe(403)
    const session = await talk(rig.gateway, VOICE, inProtocol(key, 'realtime'))
    await respond(session)
    session.socket.close()
    expect(rig.gateway.stdout() + rig.gateway.stderr()).not.toContain(key)
    expect(rig.mock.requests.all.flatMap(({ rawHeaders, url }) => [url, ...rawHeaders]).join('\n')).not.toContain(key)
  })
})

describe('the sub-protocol', () => {
  test.each([
    [['realtime'], 'realtime'],
    [['other', 'realtime'], 'realtime'],
    [['openai-beta.realtime-v1'], 'openai-beta.realtime-v1'],
    [[], ''],
  ])('of %j is %s', async (protocols, agreed) => {
    const session = await talk(rig.gateway, VOICE, { key, protocols })
    expect(session.socket.protocol).toBe(agreed)
    session.socket.close()
  })

  test('of several is not the credential', async () => {
    const session = await talk(rig.gateway, VOICE, inProtocol(key, 'realtime'))
    expect(session.socket.protocol).toBe('realtime')
    session.socket.close()
  })

  test.each([
    [{ key: 'k', protocols: ['realtime', 'openai-beta.realtime-v1'] }],
    [{ key: 'k', options: { headers: { 'openai-beta': 'realtime=v1' } } }],
  ])('the old events are asked for upstream as well: %j', async (options) => {
    const session = await talk(rig.gateway, VOICE, { ...options, key })
    expect(rig.mock.sessions.at(-1)?.rawHeaders.join(':')).toContain('openai-beta:realtime=v1')
    session.socket.close()
  })
})

describe('S-29 the one journey, before the upgrade', () => {
  test.each([
    ['a key that is blocked', {}, '/key/block', 'Key is blocked'],
    ['a key for other models', { models: ['other'] }, undefined, 'not allowed to access model'],
    [
      'a key for other routes',
      { allowed_routes: ['/v1/chat/completions'] },
      undefined,
      'not allowed to call this route',
    ],
    ['a key without money', { max_budget: 0.000001 }, undefined, 'Budget has been exceeded'],
  ])('%s is refused with 403', async (_, fields, change, said) => {
    const own = await rig.newKey(fields)
    if (change !== undefined) await rig.post(change, { key: own })
    const asked = rig.mock.requests.total
    const refused = await refusal(rig.gateway, VOICE, { key: own })
    expect(refused.status).toBe(403)
    expect(refused.text).toContain(said)
    expect(rig.mock.requests.total).toBe(asked)
  })

  test.each([['openai_routes'], ['llm_api_routes'], ['/v1/realtime']])('a key for %s is served', async (route) => {
    const own = await rig.newKey({ allowed_routes: [route] })
    const session = await talk(rig.gateway, VOICE, { key: own })
    session.socket.close()
  })

  test.each([
    ['without a model', '/v1/realtime', 'must be the name of a model'],
    ['with a model that there is not', `${REALTIME}nothing`, 'Invalid model name'],
  ])('%s it is refused with 403', async (_, path, said) => {
    const refused = await refusal(rig.gateway, path, { key })
    expect(refused.status).toBe(403)
    expect(refused.text).toContain(said)
  })

  test.each([['call_id=rtc_1'], ['intent=transcription'], ['model=voice&model=other']])(
    'sessions that are not of one model are refused: %s',
    async (query) => expect((await refusal(rig.gateway, `/v1/realtime?${query}`, { key })).status).toBe(400),
  )

  test('no 101 leaves for a stranger, on the wire', async () => {
    const answer = await sendRaw(rig.gateway.port, head(`GET ${VOICE} HTTP/1.1`, ...HANDSHAKE))
    expect(answer.statuses).toEqual([403])
    expect(answer.isClosed).toBe(true)
  })
})

describe('the upgrade request', () => {
  const known = (): readonly string[] => [...HANDSHAKE, `Authorization: Bearer ${key}`]
  const without = (name: string): readonly string[] => known().filter((line) => !line.startsWith(name))

  test.each([
    ['of a path that there is not', () => head('GET /v1/sockets HTTP/1.1', ...known()), 404],
    ['of the path in another spelling', () => head('GET /v1//realtime?model=voice HTTP/1.1', ...known()), 400],
    ['with an encoded path', () => head('GET /v1/%72ealtime?model=voice HTTP/1.1', ...known()), 426],
    ['by POST', () => head(`POST ${VOICE} HTTP/1.1`, ...known(), 'Content-Length: 0'), 405],
    ['with a body', () => `${head(`GET ${VOICE} HTTP/1.1`, ...known(), 'Content-Length: 2')}{}`, 400],
    [
      'of an old version',
      () => head(`GET ${VOICE} HTTP/1.1`, ...without('Sec-WebSocket-V'), 'Sec-WebSocket-Version: 8'),
      426,
    ],
    ['without a key', () => head(`GET ${VOICE} HTTP/1.1`, ...without('Sec-WebSocket-Key')), 400],
    ['with two hosts', () => head(`GET ${VOICE} HTTP/1.1`, ...known(), 'Host: other'), 400],
    ['with two credentials of a name', () => head(`GET ${VOICE} HTTP/1.1`, ...known(), 'Authorization: Bearer x'), 401],
    ['to a path that has no sockets', () => head('GET /v1/models HTTP/1.1', ...known(), 'Connection: close'), 200],
  ])('%s is no session', async (_, bytes, status) => {
    const answer = await sendRaw(rig.gateway.port, bytes(), { answers: 1 })
    expect(answer.statuses).toEqual([status])
  })

  test('to something else than a WebSocket is not heard', async () => {
    const answer = await sendRaw(
      rig.gateway.port,
      head(
        'GET /v1/realtime?model=voice HTTP/1.1',
        'Host: g',
        'Connection: Upgrade',
        'Upgrade: h2c',
        `Authorization: Bearer ${key}`,
      ),
      { answers: 1 },
    )
    expect(answer.statuses).toEqual([426])
  })

  test('a plain GET is told how to ask, if its caller may', async () => {
    const plain = await fetch(rig.gateway.url + VOICE, { headers: bearer(key) })
    expect(plain.status).toBe(426)
    expect(plain.headers.get('upgrade')).toBe('websocket')
    expect((await fetch(rig.gateway.url + VOICE)).status).toBe(401)
  })

  test('S-23 pages of other origins may not connect, unless they are listed', async () => {
    const from = (origin: string): TalkOptions => ({ key, options: { origin } })
    expect(await tryTalk(rig.gateway, VOICE, from('https://evil.example'))).toMatchObject({ status: 403 })
    expect(await tryTalk(rig.gateway, VOICE, from('null'))).toMatchObject({ status: 403 })
    for (const origin of ['https://app.example.com', rig.gateway.url]) {
      const session = await talk(rig.gateway, VOICE, from(origin))
      session.socket.close()
    }
  })

  test('what the client sends before it hears 101 is not lost', async () => {
    const early = Buffer.concat([
      Buffer.from(head(`GET ${VOICE} HTTP/1.1`, ...known())),
      maskedText(JSON.stringify({ type: 'response.create' })),
    ])
    const count = rig.mock.sessions.length
    const answer = await sendRaw(rig.gateway.port, early, { withinMs: 2_000 })
    expect(answer.statuses).toEqual([101])
    expect(answer.bytes).toContain('response.done')
    expect(rig.mock.sessions[count]?.events).toEqual([{ type: 'response.create' }])
  })
})

describe('frames that no client sends', () => {
  const frame = (...bytes: readonly number[]): Buffer => Buffer.from(bytes)

  test.each([
    ['without a mask', frame(0x81, 2, 0x7b, 0x7d), 1002],
    ['compressed', frame(0xc1, 0x82, 0, 0, 0, 0, 0x7b, 0x7d), 1002],
    ['of a kind that there is not', frame(0x83, 0x80, 0, 0, 0, 0), 1002],
    ['a ping that is too long', frame(0x89, 0xfe, 0, 126, 0, 0, 0, 0, ...Array<number>(126).fill(0)), 1002],
    ['text that is none', frame(0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28), 1007],
    ['longer than anybody may', frame(0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0), 1009],
  ])('%s: the session ends', async (_, bytes, code) => {
    const lines = [...HANDSHAKE, `Authorization: Bearer ${key}`]
    const ask = Buffer.concat([Buffer.from(head(`GET ${VOICE} HTTP/1.1`, ...lines)), bytes])
    const socket = connect(rig.gateway.port, '127.0.0.1')
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.write(ask)
    const closing = Buffer.from([code >> 8, code & 255]).toString('latin1')
    await vi.waitFor(() =>
      expect(Buffer.concat(chunks).toString('latin1')).toMatch(new RegExp(`\\x88[\\x02-\\x7d]${closing}`)),
    )
    // The upstream does not wait for a client that says nonsense to hang up.
    await rig.mock.sessions.at(-1)?.closed
    socket.destroy()
  })
})

test('the answer to the handshake says what the call is', async () => {
  const session = await talk(rig.gateway, VOICE, { key })
  expect(session.headers).toMatchObject({
    'x-litellm-call-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    'x-litellm-model-group': 'voice',
  })
  expect(session.headers['sec-websocket-extensions']).toBeUndefined()
  session.socket.close()
})

/** A frame of a client, with a mask of zeros. */
function maskedText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}
