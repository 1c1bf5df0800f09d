import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { startGateway } from '../../support/gateway.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { callerOf, digestOf, good, textAt } from '../authority/support/caller.ts'
import type { Json } from '../authority/support/caller.ts'
import { valueAt } from '../hostile/support/stand.ts'
import { accountOf, chat, chatOnce } from '../jwt/support/asks.ts'
import { newKey, newTeam, newUser, update } from '../jwt/support/people.ts'
import { configure, eventually, fresh } from '../jwt/support/town.ts'
import { CLIENT, STORES, map, openedCity } from './support/city.ts'

let idp: IdentityProvider
let other: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
  other = await startIdentityProvider()
})
afterAll(async () => {
  await idp.stop()
  await other.stop()
})

const issuer = (provider: IdentityProvider): object => ({
  issuer: provider.issuer,
  audience: provider.audience,
  jwks_url: provider.jwksUrl,
})

describe.each(STORES)('a claim that stands for a key, with $store', ({ store }) => {
  const city = openedCity(store, () => ({
    idp,
    auth: { ...CLIENT, user_id_upsert: true, end_user_id_jwt_field: 'customer', issuers: [issuer(idp), issuer(other)] },
  }))
  const token = (client: unknown, more: object = {}): string =>
    idp.token({ sub: fresh('person'), client_id: client, ...more })

  test('AT-144: models, budget and spend are the key’s, and the claims are seen', async () => {
    const client = fresh('client')
    const key = await newKey(city(), { models: ['m1'], max_budget: 1, key_alias: fresh('alias') })
    await map(city(), client, key)
    const sub = fresh('person')
    const served = await chat(city(), idp.token({ sub, client_id: client, customer: 'ann' }))
    const account = await accountOf(city(), served)
    expect(account.line['api_key']).toBe(digestOf(key))
    expect(account.endUser).toBe('ann')
    expect(account.line).toMatchObject({ metadata: { jwt_claims: { iss: idp.issuer, sub } } })
    await eventually(async () => {
      const { stdout, stderr } = city().gateway
      expect(stdout() + stderr()).toContain(`"jwt_subject":"${sub}"`)
    })
    expect((await chat(city(), token(client), { model: 'm2' })).status).toBe(401)
    await eventually(async () => {
      const info = good(await city().master.get(`/key/info?key=${digestOf(key)}`))
      expect(Number((info['info'] as Record<string, unknown>)['spend'])).toBeGreaterThan(0)
    })
    await update(city(), '/key/update', { key, max_budget: 0 })
    const broke = await chatOnce(city(), token(client))
    expect(broke).toMatchObject({ status: 429, type: 'budget_exceeded' })
  })

  test('AT-144: and so are its rates, whoever brings it', async () => {
    const client = fresh('client')
    const key = await newKey(city(), { rpm_limit: 2 })
    await map(city(), client, key)
    expect((await chatOnce(city(), idp.token({ sub: fresh('person'), client_id: client }))).status).toBe(200)
    expect((await chatOnce(city(), key)).status).toBe(200)
    const over = await chatOnce(city(), idp.token({ sub: fresh('person'), client_id: client }))
    expect(over).toMatchObject({ status: 429 })
    expect(over.message).toContain('Rate limit exceeded for api_key')
  })

  test('AT-146: a claim that stands for none is no hindrance by itself', async () => {
    const sub = fresh('person')
    const served = await chat(city(), idp.token({ sub, client_id: fresh('client') }))
    expect(await accountOf(city(), served)).toMatchObject({ user: sub })
  })

  test('AT-150: nor is a missing one', async () => {
    const sub = fresh('person')
    expect(await accountOf(city(), await chat(city(), idp.token({ sub })))).toMatchObject({ user: sub })
  })

  test('8.4: a whole number is its digits; what is neither a name nor a number is as good as missing', async () => {
    const key = await newKey(city(), { models: ['m2'] })
    await map(city(), '4711', key)
    expect((await chat(city(), token(4711))).status).toBe(401)
    expect((await chat(city(), token(4711), { model: 'm2' })).status).toBe(200)
    for (const odd of [['4711'], { id: 4711 }, true, 4711.5, '', null, '4711 ', '04711'])
      expect((await chat(city(), token(odd))).status, JSON.stringify(odd)).toBe(200)
  })

  test('AT-161: a blocked key is 401, and so is one that expired', async () => {
    const [client, late] = [fresh('client'), fresh('client')]
    const key = await newKey(city(), {})
    await map(city(), client, key)
    expect((await chat(city(), token(client))).status).toBe(200)
    await update(city(), '/key/block', { key })
    expect(await chat(city(), token(client))).toMatchObject({ status: 401, reason: 'key_blocked' })
    await update(city(), '/key/unblock', { key })
    expect((await chat(city(), token(client))).status).toBe(200)

    const short = await newKey(city(), { duration: '1s' })
    await map(city(), late, short)
    await eventually(async () => {
      expect(await chatOnce(city(), token(late))).toMatchObject({ status: 401, type: 'expired_key' })
    })
  })

  test('8.7: the key’s owner has to be active, and so has whoever the token names', async () => {
    const [owner, person, client] = [await newUser(city()), await newUser(city()), fresh('client')]
    await map(city(), client, await newKey(city(), { user_id: owner }))
    const mapped = idp.token({ sub: person, client_id: client })
    expect((await chat(city(), mapped)).status).toBe(200)
    await update(city(), '/user/update', { user_id: owner, metadata: { scim_active: false } })
    expect(await chat(city(), mapped)).toMatchObject({ status: 401, reason: 'principal_blocked' })
    await update(city(), '/user/update', { user_id: owner, metadata: { scim_active: true } })
    expect((await chat(city(), mapped)).status).toBe(200)
    await update(city(), '/user/update', { user_id: person, metadata: { scim_active: false } })
    expect(await chat(city(), mapped)).toMatchObject({ status: 403, reason: 'principal_blocked' })
    good(await city().master.post('/user/delete', { user_ids: [person] }))
    expect(await chat(city(), mapped)).toMatchObject({ status: 403, reason: 'principal_blocked' })
  })

  test('AT-163, D-56: the same client at two issuers has two keys; a mapping of any issuer comes second', async () => {
    const client = fresh('client')
    const [mine, theirs, anybodys] = await Promise.all(
      ['m1', 'm2', 'm3'].map((model) => newKey(city(), { models: [model] })),
    )
    const at = (provider: IdentityProvider): string => provider.token({ sub: fresh('person'), client_id: client })
    const models = async (credential: string): Promise<readonly string[]> => {
      const names = ['m1', 'm2', 'm3']
      const verdicts = await Promise.all(names.map((model) => chatOnce(city(), credential, { model })))
      return names.filter((_name, index) => verdicts[index]?.status === 200)
    }
    await map(city(), client, mine ?? '', { jwt_issuer: idp.issuer })
    expect(await models(at(idp))).toEqual(['m1'])
    expect(await models(at(other))).toEqual(['m1', 'm2', 'm3'])
    const second = await map(city(), client, theirs ?? '', { jwt_issuer: other.issuer })
    expect(await models(at(other))).toEqual(['m2'])
    const id = textAt(await map(city(), client, anybodys ?? ''), 'id')
    expect(await models(at(idp))).toEqual(['m1'])
    expect(await models(at(other))).toEqual(['m2'])
    await update(city(), '/jwt/key/mapping/update', { id: textAt(second, 'id'), is_active: false })
    expect(await models(at(other))).toEqual(['m3'])
    await update(city(), '/jwt/key/mapping/update', { id, jwt_issuer: 'https://else.example' })
    expect(await models(at(other))).toEqual(['m1', 'm2', 'm3'])
  })

  test('a key that is rotated keeps what stands for it', async () => {
    const client = fresh('client')
    const key = await newKey(city(), { models: ['m1'] })
    await map(city(), client, key)
    const credential = token(client)
    expect((await chat(city(), credential)).status).toBe(200)
    const rotated = textAt(good(await city().master.post('/key/regenerate', { key })), 'key')
    const account = await accountOf(city(), await chat(city(), credential))
    expect(account.line['api_key']).toBe(digestOf(rotated))
    expect((await chat(city(), credential, { model: 'm2' })).status).toBe(401)
  })

  test('a key’s team pays, whatever team the token names', async () => {
    const client = fresh('client')
    const team = await newTeam(city())
    await map(city(), client, await newKey(city(), { team_id: team }))
    expect(await accountOf(city(), await chat(city(), token(client)))).toMatchObject({ team })
  })
})

describe.each(STORES)('clients that nobody registered are refused, with $store', ({ store }) => {
  const city = openedCity(store, () => ({
    idp,
    auth: {
      user_id_jwt_field: 'sub',
      jwt_client_id_field: 'client_id',
      user_id_upsert: true,
      unregistered_jwt_client_behavior: 'reject',
    },
  }))

  test('AT-084, AT-147: naming field and value, the first time and the second', async () => {
    const client = fresh('client')
    const refused = await chat(city(), idp.token({ client_id: client }))
    expect(refused).toMatchObject({
      status: 403,
      type: 'auth_error',
      reason: 'jwt_key_unmapped',
      message: `JWT Key Mapping: No registered mapping for client_id='${client}'. Access denied.`,
    })
  })

  test.each([
    { claims: {} },
    { claims: { client_id: null } },
    { claims: { client_id: '' } },
    { claims: { client_id: [] } },
  ])('AT-148, INV-04: $claims is a missing claim', async ({ claims }) => {
    expect(await chat(city(), idp.token(claims))).toMatchObject({
      status: 403,
      reason: 'jwt_key_claim_missing',
      message: "JWT Key Mapping: Required claim 'client_id' is missing from the JWT. Access denied.",
    })
  })

  test('an administrator by scope is no exception, and makes no detour', async () => {
    const admin = idp.token({ client_id: fresh('client'), scope: 'litellm_proxy_admin' })
    expect((await city().holder(admin).get('/key/list')).status).toBe(403)
  })

  test('explain tells what a claim stands for, and which change would let a refused token through', async () => {
    const client = fresh('client')
    const explain = async (token: string): Promise<Json> =>
      good(await city().master.post('/authz/explain', { token, route: '/v1/chat/completions', model: 'm1' }))
    const token = idp.token({ client_id: client })
    const refused = await explain(token)
    expect(refused).toMatchObject({ verdict: 'deny', status: 403, reason: 'jwt_key_unmapped' })
    expect(refused['settings']).toContain('litellm_jwtauth.virtual_key_claim_field')
    expect(valueAt(refused, ['change', 'steps'])).toEqual([
      { setting: 'litellm_jwtauth.unregistered_jwt_client_behavior', set: 'fallback_team_mapping' },
    ])

    const key = await newKey(city(), { key_alias: fresh('alias') })
    await map(city(), client, key)
    const served = await explain(token)
    expect(served).toMatchObject({
      verdict: 'allow',
      principal: { kind: 'virtual-key', issuer: idp.issuer, key_name: expect.stringMatching(/^sk-\.\.\./) },
    })
    expect(served['steps']).toContainEqual({
      step: 'key-mapping',
      outcome: 'allow',
      reason: null,
      inputs: { claim: 'client_id', value: client, comes_to: 'mapped', unregistered: 'reject', switched_off: false },
    })
    await update(city(), '/key/block', { key })
    const blocked = await explain(token)
    expect(blocked).toMatchObject({ verdict: 'deny', status: 401, reason: 'key_blocked' })
    expect(JSON.stringify(blocked['change'])).toContain('/key/unblock')
    expect(JSON.stringify([refused, served, blocked])).not.toContain(key)
  })
})

test('AT-162, D-11: keys are judged as ever where nobody set a master key', async () => {
  const upstream = await startMockUpstream()
  const { config, env } = configure({ auth: { ...CLIENT, user_id_upsert: true } }, idp, upstream)
  const gateway = await startGateway({ config, env, masterKey: null })
  const [masterKey = ''] = gateway.stdout().match(/sk-[\w-]{20,}/) ?? []
  const place = { master: callerOf(gateway.port, masterKey), holder: (key: string) => callerOf(gateway.port, key) }
  const client = fresh('client')
  const key = await newKey(place, { models: ['m1'] })
  await map(place, client, key)
  const credential = idp.token({ client_id: client })
  expect((await chat(place, credential)).status).toBe(200)
  expect((await chat(place, credential, { model: 'm2' })).status).toBe(401)
  await update(place, '/key/block', { key })
  expect(await chat(place, credential)).toMatchObject({ status: 401, reason: 'key_blocked' })
  await gateway.stop()
  await upstream.close()
})
