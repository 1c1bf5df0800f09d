import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseUserId } from '../../domain/ids.ts'
import type { TeamId, UserId } from '../../domain/ids.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { MASTER_USER_ID } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Reach } from '../../domain/reach.ts'
import { reachesUser } from '../../domain/scope.ts'
import type { User, UserFacts } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import type { PageOf } from '../../ports/page.ts'
import { TOTAL_SPEND_ID } from './create-user.ts'
import { isOneself, placeOfUser } from './decide-user-change.ts'
import { pageOfKeys } from '../keys/list-keys.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import type { KeyWithSpend } from '../keys/read-key.ts'
import { describeTeamsOf } from './read-user-teams.ts'
import type { TeamOfUser } from './read-user-teams.ts'
import { userNotFound, userNotShown } from './refuse-user.ts'
import { readModelSpend } from '../budgets/budget-standing.ts'
import type { UserView } from './user-view.ts'
import { scopeOf } from '../scope-of.ts'

export type UserInfo =
  | {
      readonly view: 'whole'
      readonly user: UserView
      readonly keys: readonly KeyWithSpend[]
      readonly teams: readonly TeamOfUser[]
    }
  /** As team administrators see a member: nothing from outside of their teams. */
  | { readonly view: 'member'; readonly user: User; readonly teams: readonly TeamOfUser[] }
  /** What all calls together have cost, under the name that the compatible API has for it. */
  | { readonly view: 'total'; readonly spend: PicoUsd }

const PAGE = 100

/** Without a name: oneself, and for those who see everything, everything. */
export async function readUserInfo(
  name: string | undefined,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<UserInfo>> {
  const { reach, principal } = ask
  if (name === TOTAL_SPEND_ID && reach.scope === 'all') return allow({ view: 'total', spend: await totalSpend(ports) })
  const facts = await findFacts(name, ask, ports)
  if (facts === undefined) return userNotShown(name ?? '', reach)
  const isEverything = name === undefined && reach.scope === 'all'
  const teamIds = isEverything ? await allTeams(ports) : teamsShown(facts, reach)
  const teams = await describeTeamsOf(facts.user.id, teamIds, reach, ports)
  if (!seesWhole(reach, facts, principal)) return allow({ view: 'member', user: facts.user, teams })

  const query = { scope: scopeOf(reach), size: PAGE, sort: 'created_at', order: 'desc' } as const
  const keys = await allPages((page) =>
    pageOfKeys({ ...query, page, ...(isEverything ? {} : { userId: facts.user.id }) }, ports),
  )
  return allow({ view: 'whole', user: await viewOf(facts, reach, ports), keys, teams })
}

/** The row alone. */
export async function readUser(name: string | undefined, ask: Ask, ports: ManagePorts): Promise<Decision<UserInfo>> {
  if (name === TOTAL_SPEND_ID && ask.reach.scope === 'all') {
    return allow({ view: 'total', spend: await totalSpend(ports) })
  }
  const facts = await findFacts(name, ask, ports)
  if (facts === undefined) return userNotFound(name ?? '', ask.reach)
  if (seesWhole(ask.reach, facts, ask.principal)) {
    return allow({ view: 'whole', user: await viewOf(facts, ask.reach, ports), keys: [], teams: [] })
  }
  const teamIds = teamsShown(facts, ask.reach)
  return allow({
    view: 'member',
    user: facts.user,
    teams: await describeTeamsOf(facts.user.id, teamIds, ask.reach, ports),
  })
}

/** Whether the caller may see the user's row, or only what the user is in the caller's teams. */
export function seesWhole(reach: Reach, facts: UserFacts, principal: Principal): boolean {
  if (reach.scope === 'all' || isOneself(principal, facts.user.id)) return true
  const { organizationIds, teams } = placeOfUser(facts)
  return [...organizationIds, ...teams.map(({ organizationId }) => organizationId)].some(
    (id) => id !== undefined && reach.organizations.has(id),
  )
}

async function findFacts(name: string | undefined, ask: Ask, ports: ManagePorts): Promise<UserFacts | undefined> {
  const id = name === undefined ? ownId(ask.principal) : parseUserId(name)
  const facts = id === undefined ? undefined : await factsOf(id, ports.registry.rooms)
  return facts !== undefined && reachesUser(ask.reach, placeOfUser(facts)) ? facts : undefined
}

/** Also by the id that a duplicate had before it was merged, so that what is older still says whose it is. */
async function factsOf(id: UserId, { users, formerUsers }: Rooms): Promise<UserFacts | undefined> {
  const facts = await users.facts(id)
  if (facts !== undefined) return facts
  const survivor = (await formerUsers.find(id))?.mergedInto
  return survivor === undefined ? undefined : users.facts(survivor)
}

function ownId(principal: Principal): UserId | undefined {
  return principal.kind === 'master' ? parseUserId(MASTER_USER_ID) : principal.standing.user?.user.id
}

/** INV-18: a user who is shared with somebody else shows nothing of theirs. */
export function teamsShown(facts: UserFacts, reach: Reach): readonly TeamId[] {
  return facts.teams.filter(seenBy(reach, facts)).map(({ teamId }) => teamId)
}

function seenBy(reach: Reach, { user }: UserFacts): (team: UserFacts['teams'][number]) => boolean {
  return ({ teamId, organizationId }) =>
    reach.scope === 'all' ||
    reach.userId === user.id ||
    reach.adminTeams.has(teamId) ||
    (organizationId !== undefined && reach.organizations.has(organizationId))
}

async function viewOf(facts: UserFacts, reach: Reach, ports: ManagePorts): Promise<UserView> {
  const { user } = facts
  const spend = (await ports.ledger.spendOf('user', [user.id])).get(user.id) ?? NO_MONEY
  const modelSpend = await readModelSpend({ kind: 'user', ...user }, ports)
  return { user, spend, modelSpend, teams: teamsShown(facts, reach), subject: facts.identities.at(-1)?.subject }
}

async function totalSpend({ ledger }: ManagePorts): Promise<PicoUsd> {
  return (await ledger.spendOf('all', [''])).get('') ?? NO_MONEY
}

async function allTeams({ registry }: ManagePorts): Promise<readonly TeamId[]> {
  const query = { scope: { sees: 'all' }, size: PAGE, sort: 'created_at', order: 'desc' } as const
  const teams = await allPages((page) => registry.rooms.teams.list({ ...query, page }))
  return teams.map(({ id }) => id)
}

async function allPages<Row>(read: (page: number) => Promise<PageOf<Row>>): Promise<readonly Row[]> {
  const all: Row[] = []
  for (let page = 1; ; page += 1) {
    const { rows, total } = await read(page)
    all.push(...rows)
    if (page * PAGE >= total) return all
  }
}
