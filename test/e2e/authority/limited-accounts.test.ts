import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callerOf, good } from './support/caller.ts'
import type { Caller } from './support/caller.ts'
import { ORG } from './support/cast.ts'
import { freshKey, freshName, freshTeam, freshUser } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { stateOf } from './support/state.ts'

const M1 = { models: ['m1'] }

let realm: Realm
let master: Caller
let limited: Caller
let serial = 0

beforeAll(async () => {
  const general_settings = { store_model_in_db: true, provider_egress_allow: ['127.0.0.1:*'] }
  realm = await startRealm({ config: { general_settings } })
  ;({ master } = realm.cast)
  limited = callerOf(realm.port, (await freshKey(master, { user_id: realm.cast.pa.id, ...M1 })).key)
})

afterAll(() => realm.close())

function stranger(): { readonly issuer: string; readonly subject: string } {
  serial += 1
  return { issuer: 'https://idp.example', subject: `stranger-${serial}` }
}

/** Every way into somebody's account. */
async function waysInto(user_id: string): Promise<readonly [path: string, body: object][]> {
  const own = await freshUser(master, 'amber', M1)
  return [
    ['/user/update', { user_id, password: 'a password of somebody else 7' }],
    ['/user/update', { user_id, user_email: `${freshName('mallory', 'amber')}@example.com` }],
    ['/user/update', { user_id, sso_user_id: freshName('mallory', 'amber') }],
    ['/invitation/new', { user_id }],
    ['/user/identity/link', { user_id, ...stranger() }],
    ['/user/merge', { survivor: user_id, duplicate: own, dry_run: true }],
    ['/user/merge', { survivor: own, duplicate: user_id, dry_run: true }],
  ]
}

async function memberOf(team_id: string): Promise<string> {
  const user_id = await freshUser(master, 'amber', M1)
  good(await master.post('/team/member_add', { team_id, member: { role: 'user', user_id } }))
  return user_id
}

async function administratorOf(organization_id: string): Promise<string> {
  const user_id = await freshUser(master, 'amber', M1)
  good(await master.patch('/organization/member_update', { organization_id, user_id, role: 'org_admin' }))
  return user_id
}

describe('INV-12: a key of an administrator that is limited to some models', () => {
  test.each<[who: string, make: () => Promise<string>]>([
    ['may use all models', () => freshUser(master, 'amber', { models: [] })],
    ['may use another model', () => freshUser(master, 'amber', { models: ['m1', 'm-slow'] })],
    ['is in a team that may', async () => memberOf(await freshTeam(master, 'amber'))],
    ['administers an organisation that may', () => administratorOf(ORG.amber)],
  ])('gives nobody the account of somebody who %s', async (_who, make) => {
    const ways = await waysInto(await make())
    const before = await stateOf(master)
    for (const [path, body] of ways) expect.soft([path, (await limited.post(path, body)).status]).toEqual([path, 403])
    expect(await stateOf(master)).toBe(before)
  })

  test('opens the account of somebody who may use those models and no others', async () => {
    const team_id = await freshTeam(master, 'amber', M1)
    for (const [path, body] of await waysInto(await memberOf(team_id))) good(await limited.post(path, body))
    const nothing = await freshUser(master, 'amber', { models: ['no-default-models'] })
    good(await limited.post('/invitation/new', { user_id: nothing }))
  })

  test('changes of a wider account what leads nobody there', async () => {
    const user_id = await freshUser(master, 'amber')
    good(await limited.post('/user/update', { user_id, user_alias: 'renamed', max_budget: 1 }))
    good(await limited.post('/user/update', { user_id, blocked: true }))
  })

  test('makes nobody a member of a team that may use others, nor the administrator of such an organisation', async () => {
    const [wide, narrow] = [await freshTeam(master, 'amber'), await freshTeam(master, 'amber', M1)]
    const user_id = await freshUser(master, 'amber', M1)
    const role = 'org_admin'
    const organization_id = ORG.amber
    const before = await stateOf(master)
    const refused = [
      await limited.post('/team/member_add', { team_id: wide, member: { role: 'user', user_id } }),
      await limited.post('/team/bulk_member_add', { team_id: wide, members: [{ role: 'user', user_id }] }),
      await limited.post('/user/new', { user_id: freshName('user', 'amber'), teams: [narrow, wide] }),
      await limited.post('/organization/member_add', {
        organization_id,
        member: { role, user_email: 'm@example.com' },
      }),
      await limited.patch('/organization/member_update', { organization_id, user_id, role }),
    ]
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403))
    expect(await stateOf(master)).toBe(before)

    good(await limited.post('/team/member_add', { team_id: narrow, member: { role: 'user', user_id } }))
    good(await limited.post('/user/new', { user_id: freshName('user', 'amber'), teams: [narrow] }))
    const member = { role: 'internal_user', user_id: freshName('user', 'amber') }
    good(await limited.post('/organization/member_add', { organization_id, member }))
  })

  test('with all models open there is nothing to exceed', async () => {
    const open = callerOf(realm.port, (await freshKey(master, { user_id: realm.cast.pa.id })).key)
    for (const [path, body] of await waysInto(await freshUser(master, 'amber'))) good(await open.post(path, body))
  })
})

describe('INV-12: what stands behind a name is more than the name', () => {
  test('so that a key that is limited to some models defines none', async () => {
    const id = freshName('model', 'amber')
    const credential_name = freshName('credential', 'amber')
    const litellm_params = { model: 'openai/m2', api_key: 'sk-of-the-operator', api_base: 'https://models.example/v1' }
    good(
      await master.post('/model/new', { model_name: freshName('name', 'amber'), litellm_params, model_info: { id } }),
    )
    good(await master.post('/credentials', { credential_name, credential_values: { api_key: 'sk-1' } }))
    const before = await stateOf(master)
    const params = { ...litellm_params, litellm_credential_name: credential_name }
    const refused = [
      await limited.post('/model/new', { model_name: 'm1', litellm_params: params }),
      await limited.post('/model/update', { model_name: 'm1', model_info: { id } }),
      await limited.post('/model/update', { litellm_params: params, model_info: { id } }),
      await limited.patch(`/model/${id}/update`, { model_info: { access_groups: ['m1'] } }),
      await limited.post('/credentials', { credential_name: 'another', credential_values: { api_key: 'sk-2' } }),
      await limited.patch(`/credentials/${credential_name}`, { credential_values: { api_base: 'https://x.example' } }),
    ]
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403))
    expect(await stateOf(master)).toBe(before)

    const manager = callerOf(
      realm.port,
      (await freshKey(master, { user_id: realm.cast.pa.id, key_type: 'management' })).key,
    )
    good(await manager.patch(`/model/${id}/update`, { model_info: { access_groups: ['m1'] } }))
    good(await limited.post('/model/delete', { id }))
  })
})
