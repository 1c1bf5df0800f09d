import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Budget } from '../../domain/budget.ts'
import { parseOrganizationId } from '../../domain/ids.ts'
import type { OrganizationId, TeamId } from '../../domain/ids.ts'
import { addUsd, NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { Organization } from '../../domain/organization.ts'
import { reachesOrganization } from '../../domain/scope.ts'
import type { Team } from '../../domain/team.ts'
import { memberSpendId } from '../../ports/ledger.ts'
import type { OrganizationMemberView } from '../../ports/registry.ts'
import { readModelSpend } from '../budgets/budget-standing.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { organizationNotFound } from '../teams/refuse-teams.ts'
import { scopeOf } from '../scope-of.ts'
import { findBudgets, viewTeamRows } from '../teams/view-teams.ts'
import type { TeamRowView } from '../teams/view-teams.ts'

export interface OrganizationMemberDetail {
  readonly member: OrganizationMemberView
  readonly budget: Budget | undefined
  /** In the teams of the organisation. */
  readonly spend: PicoUsd
}

export interface OrganizationView {
  readonly organization: Organization
  readonly budget: Budget | undefined
  readonly spend: PicoUsd
  /** Of its budgets of single models, in their present windows. */
  readonly modelSpend?: ReadonlyMap<string, PicoUsd>
  readonly members: readonly OrganizationMemberDetail[]
  readonly teams: readonly TeamRowView[]
}

/** So many that their members and teams are read and written out within milliseconds. */
const ORGANIZATIONS_AT_ONCE = 2

/** All of them with members and teams, some at a time: together they are as large as the company. */
export async function listOrganizations(
  { id, alias }: { readonly id: string | undefined; readonly alias: string | undefined },
  ask: Ask,
  ports: ManagePorts,
): Promise<AsyncIterable<readonly OrganizationView[]>> {
  const wanted = id === undefined ? undefined : parseOrganizationId(id)
  if (id !== undefined && wanted === undefined) return viewInParts([], ports)
  const rows = await ports.registry.rooms.organizations.list({
    scope: scopeOf(ask.reach),
    ...(wanted === undefined ? {} : { id: wanted }),
    ...(alias === undefined ? {} : { aliasPart: alias }),
  })
  return viewInParts(rows, ports)
}

async function* viewInParts(
  rows: readonly Organization[],
  ports: ManagePorts,
): AsyncGenerator<readonly OrganizationView[], void> {
  for (let from = 0; from < rows.length; from += ORGANIZATIONS_AT_ONCE) {
    yield await viewOrganizations(rows.slice(from, from + ORGANIZATIONS_AT_ONCE), ports)
  }
}

/** In the order of the names; all or none. */
export async function readOrganizations(
  names: readonly string[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly OrganizationView[]>> {
  const ids: OrganizationId[] = []
  for (const name of names) {
    const id = parseOrganizationId(name)
    if (id === undefined || !reachesOrganization(ask.reach, id))
      return organizationNotFound(name, 'Organization not found')
    ids.push(id)
  }
  const rows = await ports.registry.rooms.organizations.findMany([...new Set(ids)])
  const views = new Map((await viewOrganizations(rows, ports)).map((view) => [view.organization.id, view]))
  const missing = ids.find((id) => !views.has(id))
  if (missing !== undefined) return organizationNotFound(missing, 'Organization not found')
  for (const [id, view] of views) views.set(id, await withModelSpend(view, ports))
  return allow(ids.flatMap((id) => views.get(id) ?? []))
}

export async function viewOrganizations(
  rows: readonly Organization[],
  ports: ManagePorts,
): Promise<readonly OrganizationView[]> {
  const { rooms } = ports.registry
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return []
  const members = await rooms.organizationMembers.ofOrganizations(ids)
  const budgets = await findBudgets(
    [...rows, ...members].map(({ budgetId }) => budgetId),
    ports,
  )
  const spend = await ports.ledger.spendOf('organization', ids)
  const teams = await viewTeamRows(await teamsOf(ids, ports), ports)
  const teamsByOrganization = Map.groupBy(teams, ({ team }) => team.organizationId)
  const membersByOrganization = Map.groupBy(members, ({ organizationId }) => organizationId)
  const views: OrganizationView[] = []
  for (const organization of rows) {
    const ownTeams = teamsByOrganization.get(organization.id) ?? []
    const ownMembers = membersByOrganization.get(organization.id) ?? []
    const teamIds = ownTeams.map(({ team }) => team.id)
    const memberSpend = await spendIn(teamIds, ownMembers, ports)
    views.push({
      organization,
      budget: budgets.get(organization.budgetId),
      spend: spend.get(organization.id) ?? NO_MONEY,
      teams: ownTeams,
      members: ownMembers.map((member) => ({
        member,
        budget: member.budgetId === undefined ? undefined : budgets.get(member.budgetId),
        spend: memberSpend(member),
      })),
    })
  }
  return views
}

export async function viewOrganization(organization: Organization, ports: ManagePorts): Promise<OrganizationView> {
  const [view] = await viewOrganizations([organization], ports)
  return view ?? { organization, budget: undefined, spend: NO_MONEY, members: [], teams: [] }
}

async function withModelSpend(view: OrganizationView, ports: ManagePorts): Promise<OrganizationView> {
  const { organization, budget } = view
  if (budget === undefined) return view
  const owner = { kind: 'organization', id: organization.id, limits: budget.limits } as const
  return { ...view, modelSpend: await readModelSpend(owner, ports) }
}

const MOST_TEAMS = 100_000

async function teamsOf(organizations: readonly OrganizationId[], { registry }: ManagePorts): Promise<readonly Team[]> {
  const { rows } = await registry.rooms.teams.list({
    scope: { sees: 'some', organizations, teams: [], userId: undefined, keyDigest: undefined },
    sort: 'team_alias',
    order: 'asc',
    page: 1,
    size: MOST_TEAMS,
  })
  return rows
}

/** What each member spent in these teams. */
async function spendIn(
  teams: readonly TeamId[],
  members: readonly OrganizationMemberView[],
  { ledger }: ManagePorts,
): Promise<(member: OrganizationMemberView) => PicoUsd> {
  const ids = members.flatMap(({ userId }) => teams.map((team) => memberSpendId(team, userId)))
  const spend = ids.length === 0 ? new Map<string, PicoUsd>() : await ledger.spendOf('member', ids)
  return ({ userId }) =>
    teams.reduce((sum, team) => addUsd(sum, spend.get(memberSpendId(team, userId)) ?? NO_MONEY), NO_MONEY)
}
