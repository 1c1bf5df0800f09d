import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseOrganizationId, parseTeamId, parseUserId } from '../../domain/ids.ts'
import type { OrganizationId, TeamId, UserId } from '../../domain/ids.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { Reach } from '../../domain/reach.ts'
import { reachesOrganization, reachesOwnTeam } from '../../domain/scope.ts'
import type { User } from '../../domain/user.ts'
import type { PageOf } from '../../ports/page.ts'
import type { UserQuery } from '../../ports/registry.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { seesWhole, teamsShown } from './read-user.ts'
import type { UserView } from './user-view.ts'
import { describeTeams } from './read-user-teams.ts'
import type { TeamOfUser } from './read-user-teams.ts'
import { malformed } from '../refuse.ts'
import { KEY_LIST, scopeOf } from '../scope-of.ts'

export interface UserListAsk {
  readonly role: string | undefined
  readonly ids: readonly string[] | undefined
  readonly ssoUserIds: readonly string[] | undefined
  readonly emailPart: string | undefined
  readonly teamId: string | undefined
  readonly organizationIds: readonly string[] | undefined
  readonly page: number
  readonly size: number
  readonly sort: string
  readonly order: string
}

export type ListedUser =
  | { readonly view: 'whole'; readonly user: UserView; readonly keyCount: number }
  | { readonly view: 'member'; readonly user: User; readonly teams: readonly TeamOfUser[] }

const SORTS: ReadonlyMap<string, UserQuery['sort']> = new Map(
  (['user_id', 'user_email', 'created_at', 'spend', 'user_alias', 'user_role'] as const).map((name) => [name, name]),
)

export async function readUserPage(
  list: UserListAsk,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<PageOf<ListedUser>>> {
  const sort = SORTS.get(list.sort)
  if (sort === undefined) return malformed(`Invalid sort column. Must be one of: ${[...SORTS.keys()].join(', ')}`)
  const { order, page, size } = list
  if (order !== 'asc' && order !== 'desc') return malformed('Invalid sort order. Must be one of: asc, desc')
  const filter = filterOf(list)
  if (filter === undefined || !(await isWithin(filter, ask.reach, ports))) return allow({ rows: [], total: 0 })
  const { rooms } = ports.registry
  const { rows, total } = await rooms.users.list({ ...filter, scope: scopeOf(ask.reach), sort, order, page, size })
  return allow({ rows: await viewsOf(rows, ask, ports), total })
}

async function viewsOf(users: readonly User[], ask: Ask, ports: ManagePorts): Promise<readonly ListedUser[]> {
  const { rooms } = ports.registry
  const ids = users.map(({ id }) => id)
  const spend = await ports.ledger.spendOf('user', ids)
  const keyCounts = await rooms.users.keyCounts(ids, scopeOf(ask.reach, KEY_LIST))
  const teams = await rooms.users.teamsOf(ids)
  const subjects = await rooms.identities.latestSubjects(ids)
  const whole = (user: User, shown: readonly TeamId[]): ListedUser => ({
    view: 'whole',
    user: { user, spend: spend.get(user.id) ?? NO_MONEY, teams: shown, subject: subjects.get(user.id) },
    keyCount: keyCounts.get(user.id) ?? 0,
  })
  const { reach } = ask
  if (reach.scope === 'all') return users.map((user) => whole(user, teams.get(user.id) ?? []))
  const known = await rooms.users.factsOf(ids)
  const shared = new Map<UserId, readonly TeamId[]>()
  for (const [id, facts] of known) {
    if (seesWhole(reach, facts, ask.principal)) continue
    shared.set(
      id,
      facts.teams.map(({ teamId }) => teamId).filter((teamId) => reach.adminTeams.has(teamId)),
    )
  }
  const described = await describeTeams(shared, reach, ports)
  return users.flatMap((user): ListedUser | [] => {
    const facts = known.get(user.id)
    if (facts === undefined) return []
    const ofMember = described.get(user.id)
    return ofMember === undefined ? whole(user, teamsShown(facts, reach)) : { view: 'member', user, teams: ofMember }
  })
}

/** A filter by a group of somebody else would tell who is in it. */
async function isWithin(
  { teamId, organizationIds }: Partial<UserQuery>,
  reach: Reach,
  { registry }: ManagePorts,
): Promise<boolean> {
  if (organizationIds?.some((id) => !reachesOrganization(reach, id)) === true) return false
  if (teamId === undefined || reach.scope === 'all') return true
  const team = await registry.rooms.teams.find(teamId)
  return team !== undefined && reachesOwnTeam(reach, team)
}

/** Undefined: nobody can fit. */
function filterOf(list: UserListAsk): Partial<UserQuery> | undefined {
  const { ids, teamId, organizationIds, role, ssoUserIds, emailPart } = list
  const team = teamId === undefined ? undefined : parseTeamId(teamId)
  if (teamId !== undefined && team === undefined) return undefined
  return {
    ...(role === undefined ? {} : { role }),
    ...(ssoUserIds === undefined ? {} : { ssoUserIds }),
    ...(emailPart === undefined ? {} : { emailPart }),
    ...(team === undefined ? {} : { teamId: team }),
    ...(organizationIds === undefined
      ? {}
      : {
          organizationIds: organizationIds
            .map(parseOrganizationId)
            .filter((id): id is OrganizationId => id !== undefined),
        }),
    ...idFilter(ids),
  }
}

/** One id is a part of ids, several are just those. */
function idFilter(ids: readonly string[] | undefined): Partial<UserQuery> {
  const [first, second] = ids ?? []
  if (first === undefined) return {}
  if (second === undefined) return { idPart: first }
  return { ids: (ids ?? []).map(parseUserId).filter((id): id is UserId => id !== undefined) }
}
