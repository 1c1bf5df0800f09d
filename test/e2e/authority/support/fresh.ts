import type { Caller } from './caller.ts'
import { digestOf, good, textAt } from './caller.ts'
import type { Tenant } from './cast.ts'
import { MODELS, ORG, membersOf, newKey } from './cast.ts'

let made = 0

/** A name that nothing else has, in the colour of its tenant. */
export function freshName(kind: string, tenant: Tenant): string {
  made += 1
  return `${kind}-${made.toString(36).padStart(4, '0')}-${tenant}`
}

/** A member of the organisation and of nothing else. */
export async function freshUser(master: Caller, tenant: Tenant, more: object = {}): Promise<string> {
  const id = freshName('user', tenant)
  const body = { user_id: id, user_email: `${id}@example.com`, user_role: 'internal_user', auto_create_key: false }
  good(await master.post('/user/new', { ...body, models: MODELS[tenant], ...more }))
  const member = { role: 'internal_user', user_id: id }
  good(await master.post('/organization/member_add', { organization_id: ORG[tenant], member }))
  return id
}

/** A team of the organisation with the tenant's usual members. */
export async function freshTeam(master: Caller, tenant: Tenant, more: object = {}): Promise<string> {
  const team_id = freshName('team', tenant)
  const body = {
    team_id,
    team_alias: `Team ${team_id}`,
    organization_id: ORG[tenant],
    models: MODELS[tenant],
    max_budget: 10,
    members_with_roles: membersOf(tenant),
  }
  good(await master.post('/team/new', { ...body, ...more }))
  return team_id
}

export interface FreshKey {
  readonly key: string
  readonly hash: string
}

export async function freshKey(master: Caller, body: object): Promise<FreshKey> {
  const key = await newKey(master, body)
  return { key, hash: digestOf(key) }
}

export async function freshOrganisation(master: Caller, tenant: Tenant): Promise<string> {
  const organization_id = freshName('org', tenant)
  const body = { organization_id, organization_alias: `Org ${organization_id}`, models: MODELS[tenant] }
  good(await master.post('/organization/new', body))
  return organization_id
}

export async function freshBudget(master: Caller, tenant: Tenant, max_budget = 5): Promise<string> {
  const budget_id = freshName('budget', tenant)
  return textAt(good(await master.post('/budget/new', { budget_id, max_budget })), 'budget_id')
}

export async function freshCustomer(master: Caller, tenant: Tenant): Promise<string> {
  const user_id = freshName('customer', tenant)
  return textAt(good(await master.post('/customer/new', { user_id, alias: `Customer ${user_id}` })), 'user_id')
}

export async function freshMapping(master: Caller, tenant: Tenant, token: string): Promise<string> {
  const body = { jwt_claim_name: 'azp', jwt_claim_value: freshName('client', tenant), token }
  return textAt(good(await master.post('/jwt/key/mapping/new', body)), 'id')
}

export async function freshTag(master: Caller, tenant: Tenant): Promise<string> {
  const name = freshName('tag', tenant)
  good(await master.post('/tag/new', { name, description: `Tag ${name}` }))
  return name
}

export async function freshCredential(master: Caller, tenant: Tenant): Promise<string> {
  const credential_name = freshName('credential', tenant)
  const credential_values = { api_key: `sk-value-of-${credential_name}` }
  good(await master.post('/credentials', { credential_name, credential_values, credential_info: {} }))
  return credential_name
}
