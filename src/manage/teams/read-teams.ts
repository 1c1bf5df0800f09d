import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseOrganizationId, parseTeamId, parseUserId } from '../../domain/ids.ts'
import type { UserId } from '../../domain/ids.ts'
import { keyOf, managerOf, teamIdOf } from '../../domain/principal.ts'
import { reachesOwnTeam, reachesTeam } from '../../domain/scope.ts'
import type { Team } from '../../domain/team.ts'
import type { PageOf } from '../../ports/page.ts'
import type { Scope, TeamQuery } from '../../ports/registry.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { teamNotFound } from './refuse-teams.ts'
import { malformed } from '../refuse.ts'
import { scopeOf } from '../scope-of.ts'
import { readModelSpend } from '../budgets/budget-standing.ts'
import { viewDeletedTeams, viewTeamRows, viewTeams } from './view-teams.ts'
import type { TeamRowView, TeamView } from './view-teams.ts'

export async function readTeam(name: string, ask: Ask, ports: ManagePorts): Promise<Decision<TeamView>> {
  const absent = teamNotFound(name, `{'message': 'Team not found, passed team id: ${name.slice(0, 255)}.'}`)
  const id = parseTeamId(name)
  const team = id === undefined ? undefined : await ports.registry.rooms.teams.find(id)
  if (team === undefined || !(reachesOwnTeam(ask.reach, team) || isOfKey(team, ask))) return absent
  const [view] = await viewTeams([team], ports, { withKeys: true })
  if (view === undefined) return absent
  const shown = shownTo(ask, view)
  if (!reachesTeam(ask.reach, team)) return allow(shown)
  return allow({ ...shown, modelSpend: await readModelSpend({ kind: 'team', ...team, teamId: team.id }, ports) })
}

/** For whoever belongs to the team or administers it. */
export async function readOwnTeam(
  name: string,
  ask: Pick<Ask, 'reach'>,
  ports: Pick<ManagePorts, 'registry'>,
): Promise<Decision<Team>> {
  const id = parseTeamId(name)
  const team = id === undefined ? undefined : await ports.registry.rooms.teams.find(id)
  return team !== undefined && reachesOwnTeam(ask.reach, team) ? allow(team) : teamNotFound(name)
}

interface TeamFilter {
  readonly teamId?: string | undefined
  readonly organizationId?: string | undefined
  readonly alias?: string | undefined
  readonly userId?: string | undefined
}

export interface TeamListAsk extends TeamFilter {
  readonly page: number
  readonly size: number
  readonly sort: string
  readonly order: string
  readonly status?: string | undefined
}

const WHOLE_LIST = { page: 1, size: 100_000, sort: 'team_alias', order: 'asc' } as const
/** So many that their keys are read and written out within milliseconds. */
const TEAMS_AT_ONCE = 10

const SORTS: ReadonlyMap<string, TeamQuery['sort']> = new Map(
  (['team_id', 'team_alias', 'created_at', 'spend', 'max_budget'] as const).map((name) => [name, name]),
)
const WITHOUT_ORGANIZATION = 'default_organization'

export async function readTeamPage(
  list: TeamListAsk,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<PageOf<TeamRowView>>> {
  const sort = SORTS.get(list.sort)
  if (sort === undefined) return malformed(`Invalid sort column. Must be one of: ${[...SORTS.keys()].join(', ')}`)
  const { order, page, size } = list
  if (order !== 'asc' && order !== 'desc') return malformed('Invalid sort order. Must be one of: asc, desc')
  if (list.status !== undefined && list.status !== 'deleted') return malformed('`status` must be deleted, or absent.')
  const filter = decideFilter(list, ask)
  if (filter.verdict === 'deny') return filter
  if (filter.granted === 'nothing') return allow({ rows: [], total: 0 })
  const query: TeamQuery = { ...filter.granted, sort, order, page, size }
  const { views, total } = await pageOfTeams(query, list, ports)
  return allow({ rows: views.map((view) => rowShownTo(ask, view)), total })
}

async function pageOfTeams(
  query: TeamQuery,
  { status }: TeamListAsk,
  ports: ManagePorts,
): Promise<{ readonly views: readonly TeamRowView[]; readonly total: number }> {
  const { teams } = ports.registry.rooms
  if (status === 'deleted') {
    const { rows, total } = await teams.listDeleted(query)
    return { views: await viewDeletedTeams(rows, ports), total }
  }
  const { rows, total } = await teams.list(query)
  return { views: await viewTeamRows(rows, ports), total }
}

/** All of them with their members and keys, some at a time: together they are as large as the company. */
export async function listTeams(
  list: TeamFilter,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<AsyncIterable<readonly TeamView[]>>> {
  const filter = decideFilter(list, ask)
  if (filter.verdict === 'deny') return filter
  const query = filter.granted === 'nothing' ? undefined : { ...WHOLE_LIST, ...filter.granted }
  const { rows } = query === undefined ? { rows: [] } : await ports.registry.rooms.teams.list(query)
  return allow(viewInParts(rows, ask, ports))
}

async function* viewInParts(
  teams: readonly Team[],
  ask: Ask,
  ports: ManagePorts,
): AsyncGenerator<readonly TeamView[], void> {
  for (let from = 0; from < teams.length; from += TEAMS_AT_ONCE) {
    const views = await viewTeams(teams.slice(from, from + TEAMS_AT_ONCE), ports, { withKeys: true })
    yield views.map((view) => shownTo(ask, view))
  }
}

/** `nothing`: no team can fit. */
function decideFilter(
  list: TeamFilter,
  ask: Ask,
): Decision<(Pick<TeamQuery, 'scope'> & Partial<TeamQuery>) | 'nothing'> {
  if (!mayList(list.userId, ask)) {
    const say = 'Only admins can list the teams of others. Pass your own user_id.'
    return deny('admin-only', 'authz_role', say)
  }
  const filter = filterOf(list)
  return allow(filter === undefined ? 'nothing' : { ...filter, scope: teamScopeOf(ask) })
}

/** Teams that anybody may join. */
export async function listAvailableTeams(ask: Ask, ports: ManagePorts): Promise<readonly Team[]> {
  const ids = [...ports.availableTeams].map(parseTeamId).filter((id) => id !== undefined)
  const teams = await ports.registry.rooms.teams.findMany(ids)
  const { reach } = ask
  return reach.scope === 'all' ? teams : teams.filter(({ id }) => !reach.memberTeams.has(id))
}

/** Who administers nothing lists the own teams, and says so. */
function mayList(userId: string | undefined, { reach, principal }: Ask): boolean {
  if (reach.scope === 'all' || reach.organizations.size > 0 || reach.adminTeams.size > 0) return true
  return userId === managerOf(principal)?.user.id
}

/** Also the teams in which the caller is a plain member, and the one that the key is of. */
export function teamScopeOf({ reach }: Ask): Scope {
  const scope = scopeOf(reach)
  if (scope.sees === 'all' || reach.scope === 'all') return scope
  const ofKey = reach.keyTeamId === undefined ? [] : [reach.keyTeamId]
  return { ...scope, teams: [...new Set([...scope.teams, ...reach.memberTeams.keys(), ...ofKey])] }
}

/** Undefined: no team can fit. */
function filterOf({ teamId, organizationId, alias, userId }: TeamFilter): Partial<TeamQuery> | undefined {
  const team = teamId === undefined ? undefined : parseTeamId(teamId)
  const user = userId === undefined ? undefined : parseUserId(userId)
  const isNone = organizationId === WITHOUT_ORGANIZATION
  const organization = organizationId === undefined ? undefined : parseOrganizationId(organizationId)
  const asked = [teamId, userId, organizationId].filter((name) => name !== undefined)
  const known = [team, user, organization].filter((id) => id !== undefined)
  if (asked.length !== known.length) return undefined
  return {
    ...(team === undefined ? {} : { teamId: team }),
    ...(user === undefined ? {} : { userId: user }),
    ...(organization === undefined ? {} : { organizationId: isNone ? 'none' : organization }),
    ...(alias === undefined ? {} : { aliasPart: alias }),
  }
}

/**
 * The thirteenth note of the matrix: who does not administer the team sees its name and limits, the own membership and
 * the own keys; a key without a user, itself and what the team as a whole has spent.
 */
export function shownTo(ask: Ask, view: TeamView): TeamView {
  if (reachesTeam(ask.reach, view.team)) return view
  const { principal } = ask
  const user = ownId(ask)
  const digest = keyOf(principal)?.digest
  return {
    ...rowShownTo(ask, view),
    memberBudget: undefined,
    keys: view.keys.filter(({ row }) => row.digest === digest || (user !== undefined && row.userId === user)),
  }
}

function rowShownTo<View extends TeamRowView>(ask: Ask, view: View): View {
  const { team, members, spend } = view
  if (reachesTeam(ask.reach, team)) return view
  const user = ownId(ask)
  return {
    ...view,
    team: { ...team, metadata: {}, tags: [] },
    spend: user === undefined ? spend : undefined,
    members: members.filter(({ member }) => member.userId === user),
  }
}

function ownId({ principal }: Ask): UserId | undefined {
  return managerOf(principal)?.user.id
}

function isOfKey({ id }: Team, { principal }: Ask): boolean {
  return teamIdOf(principal) === id
}
