import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { good, textAt } from '../authority/support/caller.ts'
import { recordsOf } from '../identity/support/trail.ts'
import { STORES, openedCity } from '../key-mapping/support/city.ts'
import { newKey, newUser } from './support/people.ts'
import { REVOKED, next, revocations, revoke, takeBack, tryRevoke, twinOf } from './support/revoke.ts'
import { fresh } from './support/town.ts'

let idp: IdentityProvider
let other: IdentityProvider

beforeAll(async () => {
  ;[idp, other] = await Promise.all([startIdentityProvider(), startIdentityProvider()])
})
afterAll(() => Promise.all([idp.stop(), other.stop()]))

const now = (): number => Math.trunc(Date.now() / 1000)
const auth = (): object => ({
  user_id_upsert: true,
  virtual_key_claim_field: 'client_id',
  issuers: [idp, other].map(({ issuer, audience, jwksUrl }) => ({
    issuer,
    audience,
    jwks_url: jwksUrl,
    user_id_jwt_field: 'oid',
  })),
})
/** Of somebody with one id at this gateway and another at the provider. */
const tokenOf = (who: string, claims: object = {}): string => idp.token({ sub: `sub of ${who}`, oid: who, ...claims })

describe.each(STORES)('J-31: revoking tokens, on $store', ({ store }) => {
  const city = openedCity(store, () => ({ idp, auth: { ...auth() } }))

  test('a token is refused from the next request on, also where it is remembered; others of its bearer are not', async () => {
    const who = fresh('person')
    const [token, another] = [tokenOf(who, { n: 1 }), tokenOf(who, { n: 2 })]
    for (const each of [token, another, token]) expect(await next(city(), each)).toBe('200')
    const made = await revoke(city(), { token, reason: 'found in a log' })
    expect(made).toMatchObject({
      kind: 'token',
      token_sha256: createHash('sha256')
        .update(token.slice(0, token.lastIndexOf('.')))
        .digest('hex'),
      reason: 'found in a log',
    })
    expect([await next(city(), token), await next(city(), token), await next(city(), another)]).toEqual([
      REVOKED,
      REVOKED,
      '200',
    ])
    expect(JSON.stringify(await revocations(city()))).not.toContain(token.split('.')[2])
    await takeBack(city(), made)
    expect(await next(city(), token)).toBe('200')
  })

  test('on every route that takes it, and before it makes anybody a user', async () => {
    const who = fresh('newcomer')
    const token = tokenOf(who)
    await revoke(city(), { token })
    for (const path of ['/v1/models', '/key/list', '/user/info', '/authz/explain']) {
      const answer = await city()
        .holder(token)
        .ask({ path, method: path === '/authz/explain' ? 'POST' : 'GET' })
      expect([path, answer.status, answer.headers['x-reject-reason']]).toEqual([path, 401, 'jwt_revoked'])
    }
    expect((await city().master.get(`/v2/user/info?user_id=${who}`)).status).toBe(404)
  })

  test('INV-08: the twin signature of a revoked token is refused, whichever of the two was revoked', async () => {
    for (const order of [0, 1]) {
      const token = idp.token({ sub: 's', oid: fresh('person') }, { alg: 'ES256' })
      const pair = [token, twinOf(token)]
      for (const each of pair) expect(await next(city(), each)).toBe('200')
      await revoke(city(), { token: pair[order] ?? '' })
      for (const each of pair) expect(await next(city(), each)).toBe(REVOKED)
    }
  })

  test('a jti is that of its issuer, to the letter', async () => {
    const jti = fresh('jti')
    const token = tokenOf(fresh('person'), { jti })
    const spared = [
      other.token({ oid: fresh('person'), jti }),
      tokenOf(fresh('person'), { jti: jti.toUpperCase() }),
      tokenOf(fresh('person'), { jti: `${jti} ` }),
      tokenOf(fresh('person'), { jti: [jti] }),
      tokenOf(fresh('person')),
    ]
    for (const each of [token, ...spared]) expect(await next(city(), each)).toBe('200')
    await revoke(city(), { issuer: idp.issuer, jti })
    expect(await next(city(), token)).toBe(REVOKED)
    expect(await next(city(), tokenOf(fresh('another'), { jti }))).toBe(REVOKED)
    for (const each of spared) expect(await next(city(), each)).toBe('200')
  })

  test.each([
    ['the claim that names users', (who: string) => who],
    ['sub', (who: string) => `sub of ${who}`],
  ])('a cut-off by %s refuses what was issued before, by whatever key', async (_, subjectOf) => {
    const who = fresh('person')
    const [old, spared] = [tokenOf(who), other.token({ sub: `sub of ${who}`, oid: who })]
    const later = tokenOf(who, { iat: now() + 20 })
    for (const each of [old, later, spared]) expect(await next(city(), each)).toBe('200')
    await revoke(city(), { issuer: idp.issuer, subject: subjectOf(who) })
    expect([await next(city(), old), await next(city(), tokenOf(who, { iat: now() - 100 }))]).toEqual([
      REVOKED,
      REVOKED,
    ])
    expect([await next(city(), later), await next(city(), spared)]).toEqual(['200', '200'])
  })

  test('J-19: under a cut-off a token has to say when it was issued', async () => {
    const who = fresh('person')
    const undated = tokenOf(who, { iat: undefined })
    expect(await next(city(), undated)).toBe('200')
    await revoke(city(), { issuer: idp.issuer, subject: who, issued_before: '2020-01-01T00:00:00Z' })
    expect([await next(city(), undated), await next(city(), tokenOf(who))]).toEqual(['401 jwt_iat_missing', '200'])
  })

  test('a user is cut off at every provider, and the later instant stays', async () => {
    const id = await newUser(city())
    const tokens = [idp, other].map(({ issuer }) => ({ issuer, subject: fresh('subject') }))
    for (const link of tokens) good(await city().master.post('/user/identity/link', { user_id: id, ...link }))
    const of = (at: number): readonly string[] =>
      tokens.map(({ subject }, n) => [idp, other][n]?.token({ oid: subject, iat: at }) ?? '')
    const [before, after] = [of(now() - 10), of(now() + 20)]
    for (const each of [...before, ...after]) expect(await next(city(), each)).toBe('200')
    const made = await revoke(city(), { user_id: id })
    for (const each of before) expect(await next(city(), each)).toBe(REVOKED)
    for (const each of after) expect(await next(city(), each)).toBe('200')
    const again = await revoke(city(), { user_id: id, issued_before: '2020-01-01T00:00:00Z' })
    expect([again['id'], again['issued_before']]).toEqual([made['id'], made['issued_before']])
    for (const each of before) expect(await next(city(), each)).toBe(REVOKED)
  })

  test('whose rows are merged is cut off under both ids', async () => {
    const [survivor, duplicate] = [await newUser(city()), await newUser(city())]
    const subject = fresh('subject')
    good(await city().master.post('/user/identity/link', { user_id: duplicate, issuer: idp.issuer, subject }))
    const token = tokenOf(subject)
    await revoke(city(), { user_id: duplicate })
    expect(await next(city(), token)).toBe(REVOKED)
    good(await city().master.post('/user/merge', { survivor, duplicate }))
    expect(await next(city(), token)).toBe(REVOKED)
    expect((await revoke(city(), { user_id: duplicate, issued_before: '2020-01-01T00:00:00Z' }))['user_id']).toBe(
      survivor,
    )
  })

  test('a token that stands for a key is refused like any other; the key itself is not', async () => {
    const client = fresh('client')
    const key = await newKey(city(), {})
    good(
      await city().master.post('/jwt/key/mapping/new', { jwt_claim_name: 'client_id', jwt_claim_value: client, key }),
    )
    const [one, two] = [1, 2].map((n) => tokenOf(client, { client_id: client, n }))
    if (one === undefined || two === undefined) throw new Error('two tokens')
    expect([await next(city(), one), await next(city(), two)]).toEqual(['200', '200'])
    await revoke(city(), { token: one })
    expect([await next(city(), one), await next(city(), two), await next(city(), key)]).toEqual([REVOKED, '200', '200'])
    await revoke(city(), { issuer: idp.issuer, subject: client })
    expect([await next(city(), two), await next(city(), key)]).toEqual([REVOKED, '200'])
  })

  test('the same twice is one; each change has one record, which holds no token', async () => {
    const token = tokenOf(fresh('person'))
    const made = await revoke(city(), { token, reason: 'one' })
    expect(await revoke(city(), { token })).toEqual(made)
    expect(await revoke(city(), { token, reason: 'two' })).toMatchObject({ id: made['id'], reason: 'two' })
    await takeBack(city(), made)
    const records = await recordsOf(city(), textAt(made, 'id'))
    expect(records.map(({ action, table_name }) => [action, table_name])).toEqual(
      ['created', 'updated', 'deleted'].map((action) => [action, 'TokenRevocation']),
    )
    expect(JSON.stringify(records)).not.toContain(token.split('.')[1])
    expect((await city().master.post('/jwt/revocation/delete', { id: made['id'] })).status).toBe(404)
  })

  test('what ends by itself leaves the list, and the table with the next ones', async () => {
    const soon = new Date(Date.now() + 1_500).toISOString()
    const token = tokenOf(fresh('person'))
    const { id } = await revoke(city(), { token, expires_at: soon })
    expect(await next(city(), token)).toBe(REVOKED)
    await expect.poll(() => next(city(), token), { timeout: 5_000, interval: 50 }).toBe('200')
    expect((await revocations(city())).map((each) => each['id'])).not.toContain(id)
    await revoke(city(), { token: tokenOf(fresh('person')) })
    expect((await city().master.post('/jwt/revocation/delete', { id })).status).toBe(404)
  })

  test('without a word about the end, it is when no such token can be good any more', async () => {
    const exp = now() + 300
    const ends = async (body: object): Promise<number> =>
      Date.parse(textAt(await revoke(city(), body), 'expires_at')) / 1000
    expect(await ends({ token: tokenOf(fresh('person'), { exp }) })).toBe(exp + 60)
    for (const body of [
      { issuer: idp.issuer, jti: fresh('jti') },
      { issuer: idp.issuer, subject: fresh('person') },
      { user_id: await newUser(city()) },
    ]) {
      const life = (await ends(body)) - Date.now() / 1000
      expect(Math.abs(life - 86_430)).toBeLessThan(60)
    }
  })

  test('only administrators: nobody revokes a token, be it their own or somebody else’s', async () => {
    const [mine, somebodys] = [tokenOf(fresh('person')), tokenOf(fresh('person'))]
    const viewer = await newKey(city(), { user_id: await newUser(city(), { user_role: 'proxy_admin_viewer' }) })
    const callers = [mine, viewer, await newKey(city(), { user_id: await newUser(city()) }), await newKey(city(), {})]
    for (const caller of callers) {
      const holder = city().holder(caller)
      for (const token of [mine, somebodys])
        expect((await holder.post('/jwt/revocation/new', { token })).status).toBe(403)
      expect((await holder.post('/jwt/revocation/delete', { id: 'x' })).status).toBe(403)
      expect((await holder.get('/jwt/revocation/list')).status).toBe(caller === viewer ? 200 : 403)
    }
    expect([await next(city(), mine), await next(city(), somebodys)]).toEqual(['200', '200'])
  })

  test('an administrator who comes with a token revokes others, and itself', async () => {
    const admin = idp.token({ oid: fresh('admin'), scope: 'litellm_proxy_admin' })
    const token = tokenOf(fresh('person'))
    good(await city().holder(admin).post('/jwt/revocation/new', { token }))
    expect(await next(city(), token)).toBe(REVOKED)
    good(await city().holder(admin).post('/jwt/revocation/new', { token: admin }))
    expect((await city().holder(admin).get('/jwt/revocation/list')).status).toBe(401)
  })

  test.each<{ name: string; body: (token: string) => unknown; status: number }>([
    { name: 'nothing', body: () => ({}), status: 422 },
    { name: 'two at once', body: (token) => ({ token, user_id: 'x' }), status: 422 },
    { name: 'a jti without an issuer', body: () => ({ jti: 'x' }), status: 422 },
    { name: 'a subject without an issuer', body: () => ({ subject: 'x' }), status: 422 },
    { name: 'an issuer alone', body: () => ({ issuer: idp.issuer }), status: 422 },
    { name: 'a token with an issuer', body: (token) => ({ token, issuer: idp.issuer }), status: 422 },
    {
      name: 'a token before an instant',
      body: (token) => ({ token, issued_before: '2026-01-01T00:00:00Z' }),
      status: 422,
    },
    { name: 'a list of tokens', body: (token) => ({ token: [token] }), status: 422 },
    { name: 'an empty token', body: () => ({ token: '' }), status: 422 },
    { name: 'a huge token', body: () => ({ token: 'x'.repeat(70_000) }), status: 422 },
    { name: 'a huge jti', body: () => ({ issuer: idp.issuer, jti: 'Ω'.repeat(200) }), status: 422 },
    { name: 'control characters', body: () => ({ issuer: idp.issuer, jti: 'a\u0000b' }), status: 422 },
    { name: 'half a character', body: () => ({ issuer: idp.issuer, subject: '\ud800' }), status: 422 },
    { name: 'a time that is none', body: () => ({ user_id: 'x', issued_before: 'yesterday' }), status: 422 },
    { name: 'a time as a number', body: () => ({ user_id: 'x', issued_before: 1e300 }), status: 422 },
    {
      name: 'a time without a zone',
      body: () => ({ user_id: 'x', issued_before: '2026-01-01T00:00:00' }),
      status: 422,
    },
    { name: 'a year that is too far', body: (token) => ({ token, expires_at: '+99999-01-01T00:00:00Z' }), status: 422 },
    { name: 'an end in the past', body: (token) => ({ token, expires_at: '2020-01-01T00:00:00Z' }), status: 400 },
    {
      name: 'an instant that is far ahead',
      body: () => ({ issuer: idp.issuer, subject: 'x', issued_before: '2100-01-01T00:00:00Z' }),
      status: 400,
    },
    { name: 'an unknown issuer', body: () => ({ issuer: `${idp.issuer}/`, jti: 'x' }), status: 400 },
    { name: 'an unknown user', body: () => ({ user_id: 'nobody at all' }), status: 404 },
    { name: 'a virtual key', body: () => ({ token: 'sk-0123456789abcdef' }), status: 400 },
    { name: 'an opaque text', body: () => ({ token: 'opaque' }), status: 400 },
    { name: 'a broken token', body: (token) => ({ token: token.slice(5) }), status: 400 },
    { name: 'a token that has ended', body: () => ({ token: tokenOf('x', { exp: now() - 61 }) }), status: 400 },
    {
      name: 'a token of another issuer',
      body: () => ({ token: idp.token({ iss: 'https://x.example' }) }),
      status: 400,
    },
    { name: 'a list', body: () => [], status: 400 },
  ])('$name is refused, and nothing is said back of a token', async ({ body, status }) => {
    const token = tokenOf(fresh('person'))
    const count = (await revocations(city())).length
    const answer = await tryRevoke(city(), body(token) as object)
    expect([answer.status, answer.text]).toEqual([status, expect.any(String)])
    expect(answer.text).not.toContain(token.slice(5, 60))
    expect((await revocations(city())).length).toBe(count)
    expect(await next(city(), token)).toBe('200')
  })

  test('the list has pages', async () => {
    for (const n of [1, 2, 3]) await revoke(city(), { issuer: idp.issuer, jti: fresh(`page ${n}`) })
    const page = async (query: string) => good(await city().master.get(`/jwt/revocation/list?${query}`))
    const first = await page('size=2')
    const second = await page('size=2&page=2')
    expect([first['current_page'], second['current_page'], first['total_count']]).toEqual([1, 2, second['total_count']])
    expect(JSON.stringify(first['revocations'])).not.toBe(JSON.stringify(second['revocations']))
    for (const query of ['page=0', 'size=101', 'size=x']) {
      expect((await city().master.get(`/jwt/revocation/list?${query}`)).status).toBe(422)
    }
  })
})
