import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { callerOf, digestOf, good, textAt } from '../authority/support/caller.ts'
import type { Caller, Json } from '../authority/support/caller.ts'
import type { Answer } from '../hostile/support/stand.ts'
import { chat, parse } from '../jwt/support/asks.ts'
import { newKey, newUser } from '../jwt/support/people.ts'
import { fresh } from '../jwt/support/town.ts'
import { CLIENT, STORES, map, openedCity } from './support/city.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})
afterAll(() => idp.stop())

const NEW = '/jwt/key/mapping/new'
const UPDATE = '/jwt/key/mapping/update'
const DELETE = '/jwt/key/mapping/delete'

function told(answer: Answer): { readonly status: number; readonly body: unknown } {
  return { status: answer.status, body: parse(answer.text) }
}

const detail = (status: number, text: string) => ({ status, body: { detail: text } })

describe.each(STORES)('mappings, with $store', ({ store }) => {
  const city = openedCity(store, () => ({ idp, auth: { ...CLIENT, user_id_upsert: true } }))
  const order = (more: object = {}): object => ({
    jwt_claim_name: 'client_id',
    jwt_claim_value: fresh('client'),
    ...more,
  })

  test('AT-164: made by a key or by its hash; neither is in any answer', async () => {
    const key = await newKey(city(), {})
    const body = order({ key, description: 'the batch job' })
    const made = await city().master.post(NEW, body)
    const mapping = good(made)
    expect(mapping).toEqual({
      id: expect.any(String),
      jwt_issuer: null,
      jwt_claim_name: 'client_id',
      jwt_claim_value: textAt(body, 'jwt_claim_value'),
      description: 'the batch job',
      is_active: true,
      created_at: expect.stringMatching(/^\d{4}-.*Z$|\+00:00$/),
      updated_at: expect.any(String),
      created_by: 'default_user_id',
      updated_by: 'default_user_id',
    })
    const byHash = await city().master.post(NEW, order({ token: digestOf(key), jwt_issuer: idp.issuer }))
    expect(good(byHash)['jwt_issuer']).toBe(idp.issuer)
    const id = textAt(mapping, 'id')
    const answers = [
      made,
      byHash,
      await city().master.get(`/jwt/key/mapping/info?id=${id}`),
      await city().master.get('/jwt/key/mapping/list'),
      await city().master.post(UPDATE, { id, key }),
      await city().master.post(DELETE, { id }),
    ]
    for (const { status, text } of answers) {
      expect(status).toBe(200)
      expect(text).not.toContain(digestOf(key))
      expect(text).not.toContain(key)
    }
    const trail = await city().master.get(`/audit?object_id=${id}`)
    expect(trail.text).toContain('"created"')
    expect(trail.text).toContain('"deleted"')
    expect(trail.text).not.toContain(digestOf(key))
  })

  test('AT-164: twice is 409, a key that there is not is 400', async () => {
    const key = await newKey(city(), {})
    const body = order({ key, jwt_issuer: 'https://a.example' })
    const value = textAt(body, 'jwt_claim_value')
    good(await city().master.post(NEW, body))
    expect(told(await city().master.post(NEW, body))).toEqual(
      detail(409, `A mapping for claim 'client_id' = '${value}' already exists for issuer 'https://a.example'.`),
    )
    good(await city().master.post(NEW, { ...body, jwt_issuer: undefined }))
    for (const unknown of [{ key: 'sk-no-such-key' }, { token: digestOf('sk-no-such-key') }]) {
      expect(told(await city().master.post(NEW, order(unknown)))).toEqual(
        detail(400, 'The provided key does not match an existing virtual key.'),
      )
    }
  })

  test('AT-164: two at once, of which one is too late', async () => {
    const body = order({ key: await newKey(city(), {}) })
    const answers = await Promise.all(Array.from({ length: 6 }, () => city().master.post(NEW, body)))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409, 409, 409])
  })

  test('AT-165: both or neither, and what is no hash', async () => {
    const key = await newKey(city(), {})
    const exactlyOne = detail(
      400,
      'Provide exactly one of `key` (the plaintext virtual key) or `token` (its SHA-256 hash).',
    )
    expect(told(await city().master.post(NEW, order({ key, token: digestOf(key) })))).toEqual(exactlyOne)
    expect(told(await city().master.post(NEW, order()))).toEqual(exactlyOne)
    const noHash = detail(
      400,
      '`token` must be the SHA-256 hash of a virtual key (64 lowercase hex characters). Pass the plaintext as `key` instead.',
    )
    for (const token of [key, 'abc', digestOf(key).toUpperCase()]) {
      expect(told(await city().master.post(NEW, order({ token })))).toEqual(noHash)
    }
    const id = textAt(await map(city(), fresh('client'), key), 'id')
    expect(told(await city().master.post(UPDATE, { id, key, token: digestOf(key) }))).toEqual(
      detail(400, 'Provide at most one of `key` (the plaintext virtual key) or `token` (its SHA-256 hash).'),
    )
    expect(told(await city().master.post(UPDATE, { id, token: 'abc' }))).toEqual(noHash)
  })

  test('8.9: an update changes what it says and nothing else', async () => {
    const [one, two] = [await newKey(city(), {}), await newKey(city(), {})]
    const mapping = await map(city(), fresh('client'), one, { description: 'as it was', jwt_issuer: idp.issuer })
    const id = textAt(mapping, 'id')
    const after = async (change: object): Promise<Json> => good(await city().master.post(UPDATE, { id, ...change }))
    expect(await after({ is_active: false })).toMatchObject({
      ...mapping,
      is_active: false,
      updated_at: expect.any(String),
    })
    expect(await after({ key: two })).toMatchObject({ description: 'as it was', is_active: false })
    expect(await after({ description: null })).toMatchObject({ description: null, jwt_issuer: idp.issuer })
    expect(await after({ jwt_issuer: null })).toMatchObject({ jwt_issuer: null })
    expect(await after({ jwt_claim_name: 'azp', jwt_claim_value: 'x' })).toMatchObject({
      jwt_claim_name: 'azp',
      jwt_claim_value: 'x',
    })
    const other = textAt(await map(city(), fresh('client'), one), 'id')
    expect(told(await city().master.post(UPDATE, { id: other, jwt_claim_name: 'azp', jwt_claim_value: 'x' }))).toEqual(
      detail(409, 'A mapping with those claim values already exists.'),
    )
    expect(told(await city().master.post(UPDATE, { id: other, key: 'sk-no-such-key' }))).toEqual(
      detail(400, 'The provided key does not match an existing virtual key.'),
    )
  })

  test('AT-166: an id that there is not', async () => {
    const absent = detail(404, 'Mapping not found')
    expect(told(await city().master.post(UPDATE, { id: 'nobody', is_active: false }))).toEqual(absent)
    expect(told(await city().master.post(DELETE, { id: 'nobody' }))).toEqual(absent)
    expect(told(await city().master.get('/jwt/key/mapping/info?id=nobody'))).toEqual(absent)
  })

  test('AT-167: pages, the newest first', async () => {
    const key = await newKey(city(), {})
    const made: string[] = []
    for (let n = 0; n < 5; n += 1) made.push(textAt(await map(city(), fresh('client'), key), 'id'))
    const first = good(await city().master.get('/jwt/key/mapping/list?page=1&size=2'))
    const shown = (listed: Json): unknown => (listed['mappings'] as readonly Json[]).map(({ id }) => id)
    expect(shown(first)).toEqual(made.slice(-2).toReversed())
    expect(first['total_pages']).toBe(Math.ceil(Number(first['total_count']) / 2))
    expect(first['current_page']).toBe(1)
    expect(shown(good(await city().master.get('/jwt/key/mapping/list?page=2&size=2')))).toEqual(
      made.slice(1, 3).toReversed(),
    )
    const all = good(await city().master.get('/jwt/key/mapping/list?size=100'))
    expect(all['total_count']).toBe((all['mappings'] as readonly Json[]).length)
    expect(shown(good(await city().master.get('/jwt/key/mapping/list?page=1000')))).toEqual([])
    for (const query of ['size=101', 'size=0', 'page=0', 'page=x']) {
      expect((await city().master.get(`/jwt/key/mapping/list?${query}`)).status, query).toBe(422)
    }
  })

  test.each([
    {},
    { jwt_claim_name: 'client_id' },
    { jwt_claim_name: '', jwt_claim_value: 'x' },
    { jwt_claim_name: 'client_id', jwt_claim_value: 7 },
    { jwt_claim_name: 'client_id', jwt_claim_value: 'x\ny' },
    { jwt_claim_name: 'client_id', jwt_claim_value: 'x'.repeat(256) },
  ])('422: %j', async (body) => {
    expect((await city().master.post(NEW, { key: 'sk-x', ...body })).status).toBe(422)
  })

  test('AT-164: who administers nothing is told so; who may only look, looks', async () => {
    const holder = async (role: string): Promise<Caller> => {
      const user_id = await newUser(city(), { user_role: role })
      return callerOf(city().gateway.port, await newKey(city(), { user_id }))
    }
    const id = textAt(await map(city(), fresh('client'), await newKey(city(), {})), 'id')
    const user = await holder('internal_user')
    const viewer = await holder('proxy_admin_viewer')
    const words: readonly (readonly [ask: (of: Caller) => Promise<Answer>, say: string])[] = [
      [(of) => of.post(NEW, order({ key: 'sk-x' })), 'Only proxy admins can create JWT key mappings'],
      [(of) => of.post(UPDATE, { id }), 'Only proxy admins can update JWT key mappings'],
      [(of) => of.post(DELETE, { id }), 'Only proxy admins can delete JWT key mappings'],
      [(of) => of.post('/jwt_client/new', order()), 'Only proxy admins can create JWT key mappings'],
    ]
    for (const [ask, say] of words) {
      expect(told(await ask(user))).toEqual(detail(403, say))
      expect(told(await ask(viewer))).toEqual(detail(403, say))
      expect((await ask(callerOf(city().gateway.port, ''))).status).toBe(401)
    }
    expect(told(await user.get('/jwt/key/mapping/list'))).toEqual(
      detail(403, 'Only proxy admins can list JWT key mappings'),
    )
    expect(told(await user.get(`/jwt/key/mapping/info?id=${id}`))).toEqual(
      detail(403, 'Only proxy admins can get JWT key mapping info'),
    )
    expect((await viewer.get('/jwt/key/mapping/list')).status).toBe(200)
    expect((await viewer.get(`/jwt/key/mapping/info?id=${id}`)).status).toBe(200)
  })

  test('/jwt_client/new makes key and mapping at once, and shows the key once', async () => {
    const body = order({ models: ['m1'], max_budget: 5, key_alias: fresh('alias'), jwt_issuer: idp.issuer })
    const client = textAt(body, 'jwt_claim_value')
    const made = good(await city().master.post('/jwt_client/new', body))
    const key = textAt(made, 'key')
    expect(made).toMatchObject({
      mapping_id: expect.any(String),
      jwt_claim_name: 'client_id',
      jwt_claim_value: client,
      jwt_issuer: idp.issuer,
    })
    expect(JSON.stringify(made)).not.toContain(digestOf(key))
    expect((await city().master.get(`/jwt/key/mapping/info?id=${textAt(made, 'mapping_id')}`)).text).not.toContain(key)
    const credential = idp.token({ sub: fresh('person'), client_id: client })
    expect((await chat(city(), credential)).status).toBe(200)
    expect((await chat(city(), credential, { model: 'm2' })).status).toBe(401)
    expect((await chat(city(), key)).status).toBe(200)
  })

  test('/jwt_client/new with a claim that is taken makes no key', async () => {
    const alias = fresh('alias')
    const body = order({ jwt_issuer: idp.issuer })
    good(await city().master.post('/jwt_client/new', body))
    expect((await city().master.post('/jwt_client/new', { ...body, key_alias: alias })).status).toBe(409)
    expect((await city().master.get(`/key/list?key_alias=${alias}`)).text).toContain('"total_count":0')
    expect((await city().master.post('/jwt_client/new', order({ team_id: 'no-such-team' }))).status).toBe(404)
  })
})
