import type { Json } from '../../authority/support/caller.ts'
import { newOrganization, newTeam, newUser, update } from '../../jwt/support/people.ts'
import type { Town, TownOptions } from '../../jwt/support/town.ts'
import { fresh } from '../../jwt/support/town.ts'
import { anyCall, modelsBut } from './denial.ts'
import type { Kinds } from './denial.ts'
import { said } from './said.ts'
import { newCustomer, newMember } from './who.ts'

/** A token says one user, one team, an organisation and a customer. */
export const CLAIMS_TOWN: TownOptions = {
  auth: ({ issuer, audience, jwksUrl }) => ({
    user_id_jwt_field: 'uid',
    user_email_jwt_field: 'email',
    team_id_jwt_field: 'team.id',
    team_alias_jwt_field: 'team.alias',
    org_id_jwt_field: 'org',
    org_alias_jwt_field: 'org_alias',
    end_user_id_jwt_field: 'customer',
    issuers: [{ issuer, audience, jwks_url: jwksUrl }],
  }),
}

/** A user and a team that there are. */
async function somebody(
  town: Town,
  team: object = {},
): Promise<{ readonly uid: string; readonly team: { readonly id: string } }> {
  const uid = await newUser(town)
  return { uid, team: { id: await newTeam(town, team) } }
}

export const DENIED_CLAIMS: Kinds = {
  'a user that nobody knows': async (town, random) =>
    said(town, { ...(await somebody(town)), uid: fresh('nobody') }, anyCall(random), 'caller', 'principal_unknown'),
  'a blocked user': async (town, random) => {
    const claims = await somebody(town)
    await update(town, '/user/update', { user_id: claims.uid, blocked: true })
    return said(town, claims, anyCall(random), 'standing', 'principal_blocked')
  },
  'a deactivated user': async (town, random) => {
    const claims = await somebody(town)
    await update(town, '/user/update', { user_id: claims.uid, metadata: { scim_active: false } })
    return said(town, claims, anyCall(random), 'standing', 'principal_blocked')
  },
  'a deleted user': async (town, random) => {
    const claims = await somebody(town)
    await update(town, '/user/delete', { user_ids: [claims.uid] })
    return said(town, claims, anyCall(random), 'caller', 'principal_blocked')
  },
  'a viewer that calls a model': async (town, random) => {
    const claims = await somebody(town)
    await update(town, '/user/update', { user_id: claims.uid, user_role: 'internal_user_viewer' })
    return said(town, claims, anyCall(random), 'route', 'authz_role')
  },
  'a team that nobody knows': async (town, random) => {
    const claims = { ...(await somebody(town)), team: { id: fresh('nowhere') } }
    return said(town, claims, anyCall(random), 'caller', 'team_unknown')
  },
  'neither the user nor the team': async (town, random) =>
    said(town, { uid: fresh('nobody'), team: { id: fresh('nowhere') } }, anyCall(random), 'caller', 'team_unknown'),
  'an alias that nobody has': async (town, random) => {
    const claims = { ...(await somebody(town)), team: { alias: fresh('alias') } }
    return said(town, claims, anyCall(random), 'caller', 'team_unknown')
  },
  'an alias that two teams have': async (town, random) => {
    const alias = fresh('alias')
    for (const team_alias of [alias, alias]) await newTeam(town, { team_alias })
    const claims = { ...(await somebody(town)), team: { alias } }
    return said(town, claims, anyCall(random), 'caller', 'team_ambiguous')
  },
  'no team': async (town, random) => {
    const [uid] = await newMember(town)
    const claims = random.pick<Json>([{ uid }, { uid: await newUser(town) }, { uid, team: { id: '' } }])
    return said(town, claims, anyCall(random), 'caller', 'jwt_claim_missing')
  },
  'a blocked team': async (town, random) => {
    const claims = await somebody(town)
    await update(town, '/team/block', { team_id: claims.team.id })
    return said(town, claims, anyCall(random), 'standing', 'principal_blocked')
  },
  'an organisation that nobody knows': async (town, random) => {
    const name = random.pick(['org', 'org_alias'])
    const claims = { ...(await somebody(town)), [name]: fresh('org') }
    return said(town, claims, anyCall(random), 'caller', 'organization_unknown')
  },
  'an alias that two organisations have': async (town, random) => {
    const org_alias = fresh('org')
    for (const organization_alias of [org_alias, org_alias]) await newOrganization(town, { organization_alias })
    const claims = { ...(await somebody(town)), org_alias }
    return said(town, claims, anyCall(random), 'caller', 'organization_ambiguous')
  },
  'a team by header that the token does not name': async (town, random) => {
    const header = random.pick([await newTeam(town), fresh('nowhere')])
    const call = { ...anyCall(random), headers: { 'x-litellm-team-id': header } }
    return said(town, await somebody(town), call, 'caller', 'team_not_in_token')
  },
  'a claim of the wrong type': async (town, random) => {
    const wrong = random.pick<Json>([
      { team: { id: { a: 1 } } },
      { email: 7 },
      { uid: true },
      { org: ['a', 'b'] },
      { customer: 3 },
    ])
    return said(town, { ...(await somebody(town)), ...wrong }, anyCall(random), 'claims', 'jwt_claim_type')
  },
  'a number for a name': async (town, random) => {
    const user = await newUser(town, { user_id: String(Math.floor(random.next() * 1e9)) })
    const claims = { ...(await somebody(town)), uid: Number(user) }
    return said(town, claims, anyCall(random), 'claims', 'jwt_claim_type')
  },
  'a subject of the wrong form': async (town, random) => {
    const sub = random.pick<unknown>(['', ' ada', 'a\u0000b', 7, null, ['ada'], 'x'.repeat(300)])
    return said(town, { ...(await somebody(town)), sub }, anyCall(random), 'proof', 'jwt_sub_invalid')
  },
  'a model that the team may not use': async (town, random) => {
    const call = anyCall(random)
    const claims = await somebody(town, { models: modelsBut(call.model) })
    return said(town, claims, call, 'model', 'model_denied')
  },
  'a model that the member may not use': async (town, random) => {
    const call = anyCall(random)
    const [uid, id] = await newMember(town, { default_team_member_models: modelsBut(call.model) })
    return said(town, { uid, team: { id } }, call, 'model', 'model_denied')
  },
  'a model that the organisation may not use': async (town, random) => {
    const call = anyCall(random)
    const org = await newOrganization(town, { models: modelsBut(call.model) })
    return said(town, { ...(await somebody(town)), org }, call, 'model', 'model_denied')
  },
  'a model that nobody has': async (town, random) =>
    said(town, await somebody(town), { ...anyCall(random), model: 'm4' }, 'model', 'model_unknown'),
  'the budget of the team': async (town, random) =>
    said(town, await somebody(town, { max_budget: 0 }), anyCall(random), 'budget', 'budget_exceeded'),
  'the budget of the member': async (town, random) => {
    const [uid, id] = await newMember(town, {}, { max_budget_in_team: 0.000001 })
    return said(town, { uid, team: { id } }, anyCall(random), 'budget', 'budget_exceeded')
  },
  'the budget of the organisation': async (town, random) => {
    const org = await newOrganization(town, { max_budget: 0.000001 })
    return said(town, { ...(await somebody(town)), org }, anyCall(random), 'budget', 'budget_exceeded')
  },
  'the budget of the customer': async (town, random) => {
    const customer = await newCustomer(town, { max_budget: 0 })
    return said(town, { ...(await somebody(town)), customer }, anyCall(random), 'budget', 'budget_exceeded')
  },
  'a blocked customer': async (town, random) => {
    const customer = await newCustomer(town, {})
    await update(town, '/customer/block', { user_ids: [customer] })
    return said(town, { ...(await somebody(town)), customer }, anyCall(random), 'end-user', 'principal_blocked')
  },
  'several at once': async (town, random) => {
    const call = anyCall(random)
    const claims = await somebody(town, { models: modelsBut(call.model), max_budget: 0 })
    await update(town, '/user/update', { user_id: claims.uid, blocked: true })
    await update(town, '/team/block', { team_id: claims.team.id })
    return said(town, claims, call, 'standing', 'principal_blocked')
  },
}
