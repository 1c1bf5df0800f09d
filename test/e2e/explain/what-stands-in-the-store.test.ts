import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Json } from '../authority/support/caller.ts'
import { good } from '../authority/support/caller.ts'
import { join, newKey, newOrganization, newTeam, newUser, update } from '../jwt/support/people.ts'
import { eventually, fresh, openTown } from '../jwt/support/town.ts'
import type { Town, TownOptions } from '../jwt/support/town.ts'
import { ChangedTowns } from './support/changed-town.ts'
import type { Denial } from './support/denial.ts'
import { explainOf } from './support/explain-of.ts'
import { proveDenial } from './support/prove-denial.ts'

const CHAT = { route: '/v1/chat/completions', model: 'm1' }

let idp: IdentityProvider
beforeAll(async () => {
  idp = await startIdentityProvider()
})
afterAll(() => idp.stop())

const issuerOf = ({ claims }: Partial<Denial['ask']>) => (claims === undefined ? {} : { issuer: idp.issuer })

function opened(options: TownOptions) {
  let town: Town
  let towns: ChangedTowns
  beforeAll(async () => {
    town = await openTown({ ...options, idp })
    towns = new ChangedTowns(town, options)
  })
  afterAll(async () => {
    await towns.close()
    await town.close()
  })
  return {
    town: () => town,
    proves: (ask: Omit<Denial['ask'], 'issuer'>, step: string, reason: string, holder?: string) =>
      proveDenial(town, towns, { ask: { ...issuerOf(ask), ...ask }, step, reason, holder }),
  }
}

describe('who is nobody yet', () => {
  const { town, proves } = opened({
    auth: { user_id_jwt_field: 'uid', team_ids_jwt_field: 'groups', team_id_upsert: true },
    general: { admin_only_routes: ['/key/list', '/key*'] },
    litellm: {
      default_internal_user_params: { models: ['m1'] },
      upperbound_key_generate_params: { duration: '2h' },
    },
  })

  test('a team that was deleted is not made again, and this is foreseen', async () => {
    const team = await newTeam(town())
    good(await town().master.post('/team/delete', { team_ids: [team] }))
    const claims = { uid: await newUser(town()), groups: [team] }
    await proves({ claims, ...CHAT, headers: { 'x-litellm-team-id': team } }, 'request', 'team_unknown')
  })

  test('somebody whose id is another one’s gets an own one', async () => {
    const uid = await newUser(town())
    await update(town(), '/user/identity/link', { user_id: uid, issuer: idp.issuer, subject: fresh('subject') })
    await proves({ claims: { uid }, ...CHAT }, 'caller', 'principal_unknown')
  })

  test('who is made has what the operator gives to new users', async () => {
    await proves({ claims: { uid: fresh('new') }, ...CHAT, model: 'm2' }, 'caller', 'principal_unknown')
  })

  test('what two entries keep for administrators is opened by taking both away', async () => {
    const claims = { groups: [await newTeam(town(), { models: ['m1'] })] }
    await proves({ claims, route: '/key/list', method: 'GET' }, 'route', 'authz_route')
  })

  test('a key is prolonged by no more than the operator gives', async () => {
    const key = await newKey(town(), { duration: '1s' })
    await eventually(async () => expect((await town().holder(key).get('/v1/models')).status).toBe(401))
    await proves({ key, ...CHAT }, 'proof', 'key_expired', key)
  })
})

describe('whom the call would make', () => {
  const { town, proves } = opened({
    auth: { user_id_jwt_field: 'uid', user_id_upsert: true },
    litellm: {
      default_internal_user_params: { models: ['m1'], max_budget: 0 },
      upperbound_key_generate_params: { max_budget: 0.000001, rpm_limit: 0 },
    },
  })

  test('is made first, and then changed', async () => {
    await proves({ claims: { uid: fresh('new') }, ...CHAT }, 'budget', 'budget_exceeded')
    await proves({ claims: { uid: fresh('new') }, ...CHAT, model: 'm2' }, 'model', 'model_denied')
  })

  test('also to administer', async () => {
    const claims = { uid: fresh('new') }
    await proves({ claims, route: '/user/list', method: 'GET' }, 'route', 'authz_role')
  })

  test.each([
    ['m1', 'budget_exceeded'],
    ['free', 'rate_limited'],
  ])('nothing is proposed that the operator gives no key: %s', async (model, reason) => {
    const key = await newKey(town(), {})
    expect(await explainOf(town(), { key, ...CHAT, model })).toMatchObject({
      reason,
      change: null,
      advice: expect.stringContaining('have'),
    })
  })
})

describe('who is told by a name', () => {
  const { town, proves } = opened({
    auth: { user_id_jwt_field: 'uid', team_alias_jwt_field: 'team', org_alias_jwt_field: 'org' },
  })

  test('what is made under a name gets an id that nobody has', async () => {
    const [team, org] = [await newTeam(town()), await newOrganization(town(), { organization_alias: fresh('other') })]
    await proves({ claims: { uid: await newUser(town()), team }, ...CHAT }, 'caller', 'team_unknown')
    const known = await newTeam(town(), { team_alias: fresh('known') })
    const { team_alias } = good(await town().master.get(`/team/info?team_id=${known}`))['team_info'] as Json
    const claims = { uid: await newUser(town()), team: team_alias, org }
    await proves({ claims, ...CHAT }, 'caller', 'organization_unknown')
  })

  test('a token says the name of the team, and not its id', async () => {
    const [uid, alias] = [await newUser(town()), fresh('name')]
    await join(town(), await newTeam(town(), { team_alias: alias }), uid)
    await proves({ claims: { uid }, ...CHAT }, 'caller', 'jwt_claim_missing')
  })
})

describe('whose claim stands for a key', () => {
  const { town, proves } = opened({
    auth: {
      user_id_jwt_field: 'uid',
      user_id_upsert: true,
      virtual_key_claim_field: 'client_id',
      unregistered_jwt_client_behavior: 'auto_register',
    },
  })

  test('a mapping that somebody switched off is switched on again', async () => {
    const claim = { jwt_claim_name: 'client_id', jwt_claim_value: fresh('client') }
    const { mapping_id: id } = good(await town().master.post('/jwt_client/new', claim))
    await update(town(), '/jwt/key/mapping/update', { id, is_active: false })
    const claims = { uid: fresh('user'), client_id: claim.jwt_claim_value }
    await proves({ claims, ...CHAT }, 'key-mapping', 'jwt_key_unmapped')
  })

  test('a key that somebody else’s token registered becomes that of the claim', async () => {
    const client_id = fresh('client')
    const first = idp.token({ uid: fresh('user'), client_id })
    expect((await town().holder(first).get('/v1/models')).status).toBe(200)
    await proves({ claims: { uid: fresh('user'), client_id }, ...CHAT }, 'registered-key', 'jwt_key_unmapped')
  })
})
