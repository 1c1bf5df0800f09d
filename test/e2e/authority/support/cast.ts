import { MASTER_KEY } from '../../../support/gateway.ts'
import type { Caller } from './caller.ts'
import { callerOf, good, textAt } from './caller.ts'

/** The two tenants. Every name of one holds its colour, so that a name in a foreign answer is a leak. */
export type Tenant = 'amber' | 'cobalt'

export interface Person extends Caller {
  readonly id: string
}

export interface Cast {
  readonly master: Caller
  readonly pa: Person
  readonly pav: Person
  readonly oa1: Person
  readonly oa2: Person
  readonly u1: Person
  readonly u2: Person
  readonly u3: Person
  readonly u4: Person
  readonly v1: Person
  /** A key of T1 that belongs to nobody. */
  readonly ks1: Caller
  /** Keys of the members inside their teams. */
  readonly inTeam: Readonly<Record<'u1' | 'u2' | 'u3' | 'u4', Caller>>
}

export const ORG: Readonly<Record<Tenant, string>> = { amber: 'org-amber', cobalt: 'org-cobalt' }
export const TEAM: Readonly<Record<Tenant, string>> = { amber: 'team-amber', cobalt: 'team-cobalt' }

/** `m2` and `m2-big` are for cobalt only; `m-slow` streams for a long time. */
export const MODELS: Readonly<Record<Tenant, readonly string[]>> = {
  amber: ['m1', 'm-slow'],
  cobalt: ['m1', 'm2', 'm-slow'],
}

interface Part {
  readonly name: 'pa' | 'pav' | 'oa1' | 'oa2' | 'u1' | 'u2' | 'u3' | 'u4' | 'v1'
  readonly role: string
  readonly tenant?: Tenant
  readonly orgRole?: 'org_admin' | 'internal_user' | 'internal_user_viewer'
  readonly teamRole?: 'admin' | 'user'
}

const PARTS: readonly Part[] = [
  { name: 'pa', role: 'proxy_admin' },
  { name: 'pav', role: 'proxy_admin_viewer' },
  { name: 'oa1', role: 'internal_user', tenant: 'amber', orgRole: 'org_admin' },
  { name: 'oa2', role: 'internal_user', tenant: 'cobalt', orgRole: 'org_admin' },
  { name: 'u1', role: 'internal_user', tenant: 'amber', orgRole: 'internal_user', teamRole: 'admin' },
  { name: 'u2', role: 'internal_user', tenant: 'amber', orgRole: 'internal_user', teamRole: 'user' },
  { name: 'u3', role: 'internal_user', tenant: 'cobalt', orgRole: 'internal_user', teamRole: 'user' },
  { name: 'u4', role: 'internal_user', tenant: 'cobalt', orgRole: 'internal_user', teamRole: 'admin' },
  { name: 'v1', role: 'internal_user_viewer', tenant: 'amber', orgRole: 'internal_user_viewer', teamRole: 'user' },
]

export const USER_BUDGET = 50
export const TEAM_BUDGET = 100
export const ORG_BUDGET = 1_000

export function idOf({ name, tenant }: Pick<Part, 'name' | 'tenant'>): string {
  return `${name}-${tenant ?? 'proxy'}`
}

/** Builds everything through the API, as an operator's script does. */
export async function buildCast(port: number): Promise<Cast> {
  const master = callerOf(port, MASTER_KEY)
  for (const tenant of ['amber', 'cobalt'] as const) await makeOrganisation(master, tenant)
  for (const part of PARTS) await makeUser(master, part)
  for (const tenant of ['amber', 'cobalt'] as const) await makeTeam(master, tenant)

  const person = async (name: Part['name']): Promise<Person> => {
    const part = PARTS.find((each) => each.name === name)
    const id = idOf(part ?? { name })
    const key = await newKey(master, { user_id: id, key_alias: `key-of-${id}` })
    return { ...callerOf(port, key), id }
  }
  const member = async (name: 'u1' | 'u2' | 'u3' | 'u4', tenant: Tenant): Promise<Caller> => {
    const id = idOf({ name, tenant })
    return callerOf(port, await newKey(master, { user_id: id, team_id: TEAM[tenant], key_alias: `team-key-of-${id}` }))
  }
  return {
    master,
    pa: await person('pa'),
    pav: await person('pav'),
    oa1: await person('oa1'),
    oa2: await person('oa2'),
    u1: await person('u1'),
    u2: await person('u2'),
    u3: await person('u3'),
    u4: await person('u4'),
    v1: await person('v1'),
    ks1: callerOf(port, await newKey(master, { team_id: TEAM.amber, key_alias: 'service-of-amber' })),
    inTeam: {
      u1: await member('u1', 'amber'),
      u2: await member('u2', 'amber'),
      u3: await member('u3', 'cobalt'),
      u4: await member('u4', 'cobalt'),
    },
  }
}

async function makeOrganisation(master: Caller, tenant: Tenant): Promise<void> {
  const body = {
    organization_id: ORG[tenant],
    organization_alias: `Acme ${tenant}`,
    models: MODELS[tenant],
    max_budget: ORG_BUDGET,
  }
  good(await master.post('/organization/new', body))
}

async function makeUser(master: Caller, part: Part): Promise<void> {
  const id = idOf(part)
  const bound = part.tenant === undefined ? {} : { models: MODELS[part.tenant], max_budget: USER_BUDGET }
  const body = {
    user_id: id,
    user_email: `${id}@example.com`,
    user_alias: `Person ${id}`,
    user_role: part.role,
    auto_create_key: false,
    ...bound,
  }
  good(await master.post('/user/new', body))
  if (part.tenant === undefined || part.orgRole === undefined) return
  const member = { role: part.orgRole, user_id: id }
  good(await master.post('/organization/member_add', { organization_id: ORG[part.tenant], member }))
}

async function makeTeam(master: Caller, tenant: Tenant): Promise<void> {
  const body = {
    team_id: TEAM[tenant],
    team_alias: `Search ${tenant}`,
    organization_id: ORG[tenant],
    models: MODELS[tenant],
    max_budget: TEAM_BUDGET,
    members_with_roles: membersOf(tenant),
  }
  good(await master.post('/team/new', body))
}

/** As `/team/new` takes them: the team's administrator and its members. */
export function membersOf(tenant: Tenant): readonly object[] {
  return PARTS.flatMap((part) =>
    part.tenant === tenant && part.teamRole !== undefined ? [{ role: part.teamRole, user_id: idOf(part) }] : [],
  )
}

export async function newKey(maker: Caller, body: object): Promise<string> {
  return textAt(good(await maker.post('/key/generate', body)), 'key')
}
