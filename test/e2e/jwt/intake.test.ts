import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY, bearer } from '../../support/gateway.ts'
import { digestOf, goodList } from '../authority/support/caller.ts'
import type { Answer } from '../hostile/support/stand.ts'
import { CHAT, callGateway } from '../hostile/support/stand.ts'
import { head, sendRaw } from '../hostile/support/raw-socket.ts'
import { accountOf, chatAsk, chatOnce, read } from './support/asks.ts'
import { newKey, newUser } from './support/people.ts'
import type { Town } from './support/town.ts'
import { openTown } from './support/town.ts'

let town: Town
let keyA: string
let keyB: string

beforeAll(async () => {
  town = await openTown({ auth: { user_id_jwt_field: 'sub', user_id_upsert: true } })
  keyA = await newKey(town, { user_id: await newUser(town) })
  keyB = await newKey(town, { user_id: await newUser(town) })
})

afterAll(() => town.close())

type Headers = Readonly<Record<string, string>>

function call(headers: Headers, path: string = CHAT): Promise<Answer> {
  return callGateway(town.gateway.port, { ...chatAsk(), path, headers })
}

async function keyOf(headers: Headers): Promise<unknown> {
  return (await accountOf(town, read(await call(headers)))).line['api_key']
}

describe('where a credential may stand, with tokens enabled', () => {
  test('AT-001: x-litellm-api-key goes before Authorization', async () => {
    expect(await keyOf({ 'x-litellm-api-key': keyA, ...bearer(keyB) })).toBe(digestOf(keyA))
  })

  test.each([
    ['AT-002: x-litellm-api-key with a scheme', (key: string) => ({ 'x-litellm-api-key': `Bearer ${key}` })],
    ['AT-004: a scheme in lower case', (key: string) => ({ authorization: `bearer ${key}` })],
    ['AT-005: API-Key', (key: string) => ({ 'API-Key': key })],
    ['AT-006: x-api-key', (key: string) => ({ 'x-api-key': key })],
    ['AT-007: x-goog-api-key', (key: string) => ({ 'x-goog-api-key': key })],
    ['AT-008: Ocp-Apim-Subscription-Key', (key: string) => ({ 'Ocp-Apim-Subscription-Key': key })],
    [
      'AT-012: an empty x-litellm-api-key shadows nothing',
      (key: string) => ({ 'x-litellm-api-key': '', authorization: `Bearer ${key}` }),
    ],
    [
      'AT-015: the credential field of an AWS signature',
      (key: string) => ({
        authorization: `AWS4-HMAC-SHA256 Credential=Bearer ${key}/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00`,
      }),
    ],
  ] as const)('%s', async (_, write) => {
    expect(await keyOf(write(keyA))).toBe(digestOf(keyA))
  })

  test.each([
    ['Authorization', (token: string) => ({ authorization: `Bearer ${token}` })],
    ['a scheme in capitals', (token: string) => ({ authorization: `BEARER ${token}` })],
    ['x-litellm-api-key', (token: string) => ({ 'x-litellm-api-key': token })],
    ['x-litellm-api-key with a scheme', (token: string) => ({ 'x-litellm-api-key': `Bearer ${token}` })],
    ['x-api-key', (token: string) => ({ 'x-api-key': token })],
    ['api-key', (token: string) => ({ 'api-key': token })],
  ] as const)('J-01: a token in %s', async (_, write) => {
    const verdict = read(await call(write(town.token({ sub: 'ada' }))))
    expect((await accountOf(town, verdict)).user).toBe('ada')
  })

  test('AT-009: the query parameter `key` is a credential nowhere (departure: URLs end up in logs)', async () => {
    for (const answer of [
      await call({}, `${CHAT}?key=${keyA}`),
      await call({}, `${CHAT}?key=${town.token()}`),
      await call({}, `/v1/embeddings?access_token=${town.token()}`),
      await call({ cookie: `token=${town.token()}` }),
    ]) {
      const { status, message, reason } = read(answer)
      expect([status, reason]).toEqual([401, 'cred_location'])
      expect(message).toBe('Authentication Error, No api key passed in.')
    }
    expect(read(await call({}, `${CHAT}?page=2`)).reason).toBe('cred_missing')
  })

  test('AT-003: no scheme', async () => {
    for (const credential of [keyA, town.token()]) {
      const { status, message } = read(await call({ authorization: credential }))
      expect(status).toBe(401)
      expect(message).toContain('Ensure Key has `Bearer ` prefix')
    }
  })

  test('AT-010: no second chance', async () => {
    for (const good of [keyA, town.token()]) {
      expect((await call({ 'api-key': 'sk-bad-0000000000000000000000000', 'x-api-key': good })).status).toBe(401)
      expect((await call({ 'x-litellm-api-key': 'a.b.c', ...bearer(good) })).status).toBe(401)
    }
  })

  test('J-01: a token beside a key, and a token twice, are none', async () => {
    const token = town.token()
    const both = read(await call({ ...bearer(token), 'x-api-key': keyA }))
    expect([both.status, both.reason]).toEqual([401, 'cred_multiple'])
    expect((await call({ ...bearer(token), 'x-api-key': token })).status).toBe(200)
    const lines = ['Host: g', `Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`, 'Connection: close']
    const twice = await sendRaw(town.gateway.port, head('GET /v1/models HTTP/1.1', ...lines))
    expect([400, 401]).toContain(twice.statuses[0])
  })

  test('AT-011: no credential at all', async () => {
    const { status, message, code } = read(await call({}))
    expect({ status, message, code }).toEqual({
      status: 401,
      message: 'Authentication Error, No api key passed in.',
      code: '401',
    })
  })

  test('AT-016: one prefix is taken away, once, at the start', async () => {
    const rest = keyA.slice('sk-'.length)
    expect((await call({ authorization: `Bearer sk-Bearer ${rest}` })).status).toBe(401)
    expect((await call({ authorization: `Bearer Bearer ${keyA}` })).status).toBe(401)
    expect((await call({ authorization: `Bearer Bearer ${town.token()}` })).status).toBe(401)
  })
})

describe('what a credential is taken for', () => {
  test('AT-017: an opaque one that nobody reads shows four characters at each end', async () => {
    const { status, message } = read(await call(bearer('opaque-credential-0123456789')))
    expect(status).toBe(401)
    expect(message).toMatch(/^LiteLLM Virtual Key expected\. Received=opaq\*+6789\b/)
    expect(read(await call(bearer('opaque12'))).message).not.toMatch(/opaq|ue12/)
  })

  test('AT-018: the master key is an administrator, and is in no log, metric or record', async () => {
    const made = await town.master.post('/key/generate', { key_alias: 'by-the-master' })
    expect(made.status).toBe(200)
    await accountOf(town, await chatOnce(town, MASTER_KEY))
    const shown = await Promise.all(
      ['/spend/logs', '/metrics', '/audit'].map(async (path) => (await town.master.get(path)).text),
    )
    for (const text of [...shown, town.gateway.stdout(), town.gateway.stderr()]) {
      expect(text).not.toContain(MASTER_KEY)
      expect(text).not.toContain(digestOf(MASTER_KEY))
    }
  })

  test('AT-019: the digest of a key is no key', async () => {
    expect((await call(bearer(digestOf(keyA)))).status).toBe(401)
    expect((await call(bearer(digestOf(town.token())))).status).toBe(401)
  })

  test('AT-022: /health/liveliness asks for nothing', async () => {
    expect((await callGateway(town.gateway.port, { path: '/health/liveliness' })).status).toBe(200)
  })

  test('AT-023: of a malformed body is told who proves who they are', async () => {
    const send = (credential: string): Promise<Answer> =>
      callGateway(town.gateway.port, { path: CHAT, headers: bearer(credential), body: '{"model": "m1",' })
    for (const credential of [keyA, town.token()]) expect((await send(credential)).status).toBe(400)
    expect((await send(town.token({ aud: 'other' }))).status).toBe(401)
  })

  test('AT-024: a key with two dots in it is a key', async () => {
    const part = (): string => randomBytes(12).toString('hex')
    const key = await newKey(town, { key: `sk-${part()}.${part()}.${part()}` })
    expect((await call(bearer(key))).status).toBe(200)
  })

  test.each(['a.b.c', `${'x'.repeat(40)}.${'y'.repeat(40)}.${'z'.repeat(40)}`, 'eyJ.eyJ.sk-'])(
    'AT-025: three parts are a token and nothing else: %s',
    async (credential) => {
      const { status, reason } = read(await call(bearer(credential)))
      expect(status).toBe(401)
      expect(reason).toMatch(/^jwt_/)
    },
  )

  test('a token stands in no line of the ledger, record or log', async () => {
    const token = town.token({ sub: 'grace' })
    const line = (await accountOf(town, await chatOnce(town, token))).line
    await town.holder(token).post('/key/generate', { user_id: 'somebody-else' })
    const [, payload = '', signature = ''] = token.split('.')
    const shown = [
      JSON.stringify(line),
      (await town.master.get('/audit')).text,
      town.gateway.stdout(),
      town.gateway.stderr(),
    ]
    for (const text of shown) {
      expect(text).not.toContain(payload)
      expect(text).not.toContain(signature)
    }
    expect(goodList(await town.master.get('/spend/logs')).length).toBeGreaterThan(0)
  })
})

describe('litellm_key_header_name', () => {
  let custom: Town

  beforeAll(async () => {
    custom = await openTown({
      auth: { user_id_jwt_field: 'sub', user_id_upsert: true },
      general: { litellm_key_header_name: 'X-Custom' },
    })
  })

  afterAll(() => custom.close())

  test('AT-013: other headers count no more', async () => {
    const key = await newKeyThere()
    for (const credential of [key, custom.token()]) {
      const answer = await callGateway(custom.gateway.port, { ...chatAsk(), headers: bearer(credential) })
      expect(answer.status).toBe(401)
    }
  })

  test('AT-014: that one does, for keys and tokens', async () => {
    const key = await newKeyThere()
    for (const credential of [key, custom.token()]) {
      const headers = { 'X-Custom': `Bearer ${credential}` }
      expect((await callGateway(custom.gateway.port, { ...chatAsk(), headers })).status).toBe(200)
    }
  })

  async function newKeyThere(): Promise<string> {
    const headers = { 'X-Custom': `Bearer ${MASTER_KEY}` }
    const made = await callGateway(custom.gateway.port, { path: '/key/generate', body: {}, headers })
    const { key }: { readonly key: string } = JSON.parse(made.text)
    return key
  }
})
