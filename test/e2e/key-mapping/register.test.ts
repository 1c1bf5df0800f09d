import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { digestOf, good, textAt } from '../authority/support/caller.ts'
import { valueAt } from '../hostile/support/stand.ts'
import { accountOf, chat, chatOnce } from '../jwt/support/asks.ts'
import { newKey, newOrganization, newTeam, newUser, update } from '../jwt/support/people.ts'
import { eventually, fresh } from '../jwt/support/town.ts'
import { CLIENT, STORES, map, mappings, mappingsOf, openedCity, registeredKeys } from './support/city.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})
afterAll(() => idp.stop())

const REGISTER = { ...CLIENT, unregistered_jwt_client_behavior: 'auto_register' }

describe.each(STORES)('clients register themselves, with $store', ({ store }) => {
  const city = openedCity(store, () => ({
    idp,
    auth: {
      ...REGISTER,
      user_id_upsert: true,
      team_ids_jwt_field: 'groups',
      org_id_jwt_field: 'org',
      end_user_id_jwt_field: 'customer',
      roles_jwt_field: 'roles',
      role_mappings: [{ role: 'app', internal_role: 'internal_user' }],
      scope_mappings: [
        { scope: 'small', models: ['m1'] },
        { scope: 'large', models: ['m1', 'm2', 'm3'] },
      ],
      enforce_scope_based_access: true,
    },
  }))
  const large = { scope: 'large' }

  test('AT-153, D-48: one key and one mapping, stamped with whom the policy made of the token', async () => {
    const [client, sub] = [fresh('client'), fresh('person')]
    const organization = await newOrganization(city())
    const team = await newTeam(city(), { organization_id: organization })
    const credential = idp.token({
      ...large,
      sub,
      client_id: client,
      groups: [team, 'no-such-team'],
      org: organization,
      customer: 'ann',
    })
    const account = await accountOf(city(), await chatOnce(city(), credential))
    expect(account).toMatchObject({ user: sub, team, organization, endUser: 'ann' })

    const [key, ...others] = await registeredKeys(city(), client)
    expect(others).toEqual([])
    expect(key).toMatchObject({
      user_id: sub,
      team_id: team,
      organization_id: organization,
      metadata: { auto_registered: true, jwt_claim_field: 'client_id', jwt_claim_value: client },
      models: [],
      max_budget: null,
      expires: null,
    })
    expect(account.line['api_key']).toBe(textAt(key, 'token'))
    const [mapping, ...more] = await mappingsOf(city(), client)
    expect(more).toEqual([])
    expect(mapping).toMatchObject({
      jwt_issuer: idp.issuer,
      jwt_claim_name: 'client_id',
      is_active: true,
      created_by: 'auto_register',
      updated_by: 'auto_register',
    })
    expect(JSON.stringify(mapping)).not.toContain(textAt(key, 'token'))

    expect((await chat(city(), credential)).status).toBe(200)
    expect(await registeredKeys(city(), client)).toHaveLength(1)
    await eventually(async () => {
      const trail = good(await city().master.get(`/audit?object_id=${textAt(key, 'token')}`))
      const record = JSON.stringify(trail)
      expect(record).toContain('jwt-provisioner')
      expect(record).toContain(client)
    })
  })

  test('a first request that names no model registers as well', async () => {
    const client = fresh('client')
    const credential = idp.token({ ...large, sub: fresh('person'), client_id: client })
    expect((await city().holder(credential).get('/v1/models')).status).toBe(200)
    expect(await mappingsOf(city(), client)).toHaveLength(1)
  })

  test('AT-149: without the claim nothing is made', async () => {
    const before = (await mappings(city())).length
    const refused = await chat(city(), idp.token({ ...large, sub: fresh('person') }))
    expect(refused).toMatchObject({ status: 403, reason: 'jwt_key_claim_missing' })
    expect((await mappings(city())).length).toBe(before)
  })

  test('AT-152: who is refused by a scope, by the route or by the model gets neither key nor mapping', async () => {
    const client = fresh('client')
    const at = (claims: object): string => idp.token({ sub: fresh('person'), client_id: client, ...claims })
    expect((await chat(city(), at({ scope: 'small' }), { model: 'm2' })).status).toBe(403)
    expect((await chat(city(), at({}), { model: 'm1' })).status).toBe(403)
    expect((await chat(city(), at(large), { model: 'no-such-model' })).status).toBe(403)
    expect((await city().holder(at(large)).get('/jwt/key/mapping/list')).status).toBe(403)
    expect(await registeredKeys(city(), client)).toEqual([])
    expect(await mappingsOf(city(), client)).toEqual([])
  })

  test('AT-160, D-12: a scope that was withdrawn is missing on the next request, mapping or not', async () => {
    const [client, sub] = [fresh('client'), fresh('person')]
    const credential = (scope: string): string => idp.token({ sub, client_id: client, scope })
    expect((await chat(city(), credential('large'), { model: 'm2' })).status).toBe(200)
    expect((await chat(city(), credential('small'), { model: 'm2' })).status).toBe(403)
    expect((await chat(city(), credential('small'), { model: 'm1' })).status).toBe(200)
    expect((await chat(city(), credential('large'), { model: 'm2' })).status).toBe(200)
  })

  test('AT-154: twenty at once', async () => {
    const [client, sub] = [fresh('client'), fresh('person')]
    const credential = idp.token({ ...large, sub, client_id: client })
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => chatOnce(city(), credential)))
    expect(verdicts.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
    expect(await registeredKeys(city(), client)).toHaveLength(1)
    expect(await mappingsOf(city(), client)).toHaveLength(1)
  })

  test('AT-156, AT-157: an administrator is never registered, and registers once it is none any more', async () => {
    const client = fresh('client')
    await newUser(city(), { user_role: 'proxy_admin' })
    const sub = await newUser(city(), { user_role: 'proxy_admin' })
    good(await city().master.post('/user/identity/link', { user_id: sub, issuer: idp.issuer, subject: sub }))
    const credential = idp.token({ ...large, sub, client_id: client })
    expect((await city().holder(credential).get('/key/list')).status).toBe(200)
    expect((await city().holder(credential).get('/key/list')).status).toBe(200)
    const scoped = idp.token({ sub: fresh('root'), client_id: client, scope: 'large litellm_proxy_admin' })
    expect((await city().holder(scoped).get('/key/list')).status).toBe(200)
    expect(await mappingsOf(city(), client)).toEqual([])

    await update(city(), '/user/update', { user_id: sub, user_role: 'internal_user' })
    expect((await chatOnce(city(), credential)).status).toBe(200)
    expect((await registeredKeys(city(), client)).map((key) => key['user_id'])).toEqual([sub])
    expect(await mappingsOf(city(), client)).toHaveLength(1)
  })

  test('what an administrator switched off is not made anew, and what was deleted is', async () => {
    const client = fresh('client')
    const credential = idp.token({ ...large, sub: fresh('person'), client_id: client })
    expect((await chatOnce(city(), credential)).status).toBe(200)
    const id = textAt((await mappingsOf(city(), client))[0], 'id')
    await update(city(), '/jwt/key/mapping/update', { id, is_active: false })
    expect(await chat(city(), credential)).toMatchObject({ status: 403, reason: 'jwt_key_unmapped' })
    expect(await registeredKeys(city(), client)).toHaveLength(1)
    await update(city(), '/jwt/key/mapping/delete', { id })
    expect((await chat(city(), credential)).status).toBe(200)
    expect((await mappingsOf(city(), client)).map((mapping) => mapping['id'])).not.toContain(id)
  })

  test('nor is one that was for any issuer', async () => {
    const client = fresh('client')
    const claim = { jwt_claim_name: 'client_id', jwt_claim_value: client }
    const { mapping_id: id } = good(await city().master.post('/jwt_client/new', claim))
    const credential = idp.token({ ...large, sub: fresh('person'), client_id: client })
    expect((await chatOnce(city(), credential)).status).toBe(200)
    await update(city(), '/jwt/key/mapping/update', { id, is_active: false })
    expect(await chat(city(), credential)).toMatchObject({ status: 403, reason: 'jwt_key_unmapped' })
    expect(await registeredKeys(city(), client)).toEqual([])
  })

  test('a key that is deleted takes its mapping along, says so, and the client registers again', async () => {
    const client = fresh('client')
    const credential = idp.token({ ...large, sub: fresh('person'), client_id: client })
    expect((await chatOnce(city(), credential)).status).toBe(200)
    const [key] = await registeredKeys(city(), client)
    const [mapping] = await mappingsOf(city(), client)
    const deleted = good(await city().master.post('/key/delete', { keys: [textAt(key, 'token')] }))
    expect(deleted).toMatchObject({ deleted_jwt_key_mappings: [textAt(mapping, 'id')] })
    expect(await mappingsOf(city(), client)).toEqual([])
    expect((await chatOnce(city(), credential)).status).toBe(200)
    expect((await mappingsOf(city(), client)).map(({ id }) => id)).not.toContain(textAt(mapping, 'id'))
  })

  test('a key that a user’s deletion takes along goes with its mapping; the token is dead', async () => {
    const [client, sub] = [fresh('client'), fresh('person')]
    const credential = idp.token({ ...large, sub, client_id: client })
    expect((await chatOnce(city(), credential)).status).toBe(200)
    good(await city().master.post('/user/delete', { user_ids: [sub] }))
    expect(await mappingsOf(city(), client)).toEqual([])
    expect(await chat(city(), credential)).toMatchObject({ status: 403, reason: 'principal_blocked' })
    expect(await mappingsOf(city(), client)).toEqual([])
  })

  test('INV-05: nobody else is served by a key that a token registered, until an administrator says so', async () => {
    const client = fresh('client')
    const mine = idp.token({ ...large, sub: fresh('person'), client_id: client })
    const theirs = idp.token({ ...large, sub: fresh('person'), client_id: client })
    expect((await chatOnce(city(), mine)).status).toBe(200)
    expect(await chat(city(), theirs)).toMatchObject({ status: 403, reason: 'jwt_key_unmapped' })
    expect((await city().holder(theirs).get('/key/list')).status).toBe(403)
    const id = textAt((await mappingsOf(city(), client))[0], 'id')
    await update(city(), '/jwt/key/mapping/update', { id, description: 'shared by the whole shift' })
    expect((await chat(city(), theirs)).status).toBe(200)
  })

  test('a group that a token carries no more is no team of its key any more', async () => {
    const [client, sub, team] = [fresh('client'), fresh('person'), await newTeam(city())]
    const at = (groups?: readonly string[]): string => idp.token({ ...large, sub, client_id: client, groups })
    expect((await chatOnce(city(), at([team]))).status).toBe(200)
    expect((await chat(city(), at(['else', team]))).status).toBe(200)
    for (const groups of [undefined, [], ['else']]) {
      expect(await chat(city(), at(groups))).toMatchObject({ status: 403, reason: 'team_not_in_token' })
    }
    expect((await chat(city(), at([team]))).status).toBe(200)
  })

  test('a mapping that an administrator made counts, and nobody registers beside it', async () => {
    const client = fresh('client')
    const key = await newKey(city(), { models: ['m1'] })
    await map(city(), client, key)
    const account = await accountOf(
      city(),
      await chat(city(), idp.token({ ...large, sub: fresh('person'), client_id: client })),
    )
    expect(account.line['api_key']).toBe(digestOf(key))
    expect(await registeredKeys(city(), client)).toEqual([])
  })

  test('explain tells what would be made, and makes nothing', async () => {
    const [client, sub] = [fresh('client'), fresh('person')]
    const explained = good(
      await city().master.post('/authz/explain', {
        token: idp.token({ ...large, sub, client_id: client }),
        route: '/v1/chat/completions',
        model: 'm1',
      }),
    )
    expect(explained).toMatchObject({ verdict: 'allow' })
    const made = valueAt(explained, ['provision'])
    expect(made).toContainEqual({
      make: 'key',
      issuer: idp.issuer,
      jwt_claim_name: 'client_id',
      jwt_claim_value: client,
      user_id: sub,
      team_id: null,
      organization_id: null,
    })
    expect(await mappingsOf(city(), client)).toEqual([])
  })
})

describe.each(STORES)('roles and mailboxes, with $store', ({ store }) => {
  const city = openedCity(store, () => ({
    idp,
    auth: {
      ...REGISTER,
      user_id_jwt_field: 'uid',
      user_email_jwt_field: 'email',
      user_allowed_email_domain: 'example.com',
      user_id_upsert: true,
      user_roles_jwt_field: 'roles',
      user_allowed_roles: ['staff'],
      team_id_jwt_field: 'team',
      enforce_rbac: true,
      object_id_jwt_field: 'oid',
      roles_jwt_field: 'roles',
      role_mappings: [{ role: 'app', internal_role: 'team' }],
    },
    general: { role_permissions: [{ role: 'team', models: ['m1'], routes: ['/v1/chat/completions'] }] },
  }))

  test('AT-152, AT-160: registration needs the role, and so does every later request', async () => {
    const [client, oid] = [fresh('client'), await newTeam(city())]
    const email = { email: 'app@example.com', email_verified: true }
    const app = (claims: object): string => idp.token({ client_id: client, oid, ...email, ...claims })
    expect((await chat(city(), app({ roles: [] }))).status).toBe(403)
    expect((await chat(city(), app({ roles: ['app'], email: 'app@else.example' }))).status).toBe(403)
    expect(await mappingsOf(city(), client)).toEqual([])

    expect((await chat(city(), app({ roles: ['app'] }))).status).toBe(200)
    expect(await mappingsOf(city(), client)).toHaveLength(1)
    expect((await registeredKeys(city(), client)).map((key) => key['team_id'])).toEqual([oid])

    expect(await chat(city(), app({ roles: [] }))).toMatchObject({ status: 403, reason: 'jwt_role_unmapped' })
    expect(await chat(city(), app({ roles: ['app'], email: 'app@else.example' }))).toMatchObject({
      status: 403,
      reason: 'jwt_email_denied',
    })
    expect(await chat(city(), app({ roles: ['app'] }), { model: 'm2' })).toMatchObject({
      status: 403,
      reason: 'jwt_role_model',
    })
    expect(
      (
        await city()
          .holder(app({ roles: ['app'] }))
          .get('/v1/models')
      ).status,
    ).toBe(403)
    expect((await chat(city(), app({ roles: ['app'] }))).status).toBe(200)
  })
})
