import type { Budget } from '../../domain/budget.ts'
import type { BudgetId, EpochMs, TeamId } from '../../domain/ids.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { Team } from '../../domain/team.ts'
import { memberSpendId } from '../../ports/ledger.ts'
import type { DeletedTeam, TeamMemberView } from '../../ports/registry.ts'
import type { ManagePorts } from '../ports.ts'
import { withSpends } from '../keys/read-key.ts'
import type { KeyWithSpend } from '../keys/read-key.ts'

export interface TeamMemberDetail {
  readonly member: TeamMemberView
  readonly budget: Budget | undefined
  readonly spend: PicoUsd
}

/** As much of a team as its row shows. */
export interface TeamRowView {
  /** When it was deleted, and by whom. */
  readonly deleted?: { readonly at: EpochMs; readonly by: string }
  readonly team: Team
  /** Undefined: not for this reader. */
  readonly spend: PicoUsd | undefined
  /** Of its budgets of single models, in their present windows. */
  readonly modelSpend?: ReadonlyMap<string, PicoUsd>
  readonly members: readonly { readonly member: TeamMemberView }[]
}

/** A team with what belongs to it. */
export interface TeamView extends TeamRowView {
  readonly members: readonly TeamMemberDetail[]
  readonly memberBudget: Budget | undefined
  readonly keys: readonly KeyWithSpend[]
}

export async function viewTeamRows(
  teams: readonly Team[],
  { registry, ledger }: ManagePorts,
): Promise<readonly TeamRowView[]> {
  const ids = teams.map(({ id }) => id)
  if (ids.length === 0) return []
  const members = (await registry.rooms.teamMembers.ofTeams(ids)).map((member) => ({ member }))
  const spend = await ledger.spendOf('team', ids)
  const membersByTeam = Map.groupBy(members, ({ member }) => member.teamId)
  return teams.map((team) => ({
    team,
    spend: spend.get(team.id) ?? NO_MONEY,
    members: membersByTeam.get(team.id) ?? [],
  }))
}

/** Teams as they are now; a handful of reads, however many they are. `withKeys`: those of the teams too. */
export async function viewTeams(
  teams: readonly Team[],
  ports: ManagePorts,
  { withKeys }: { readonly withKeys: boolean },
): Promise<readonly TeamView[]> {
  const { rooms } = ports.registry
  const ids = teams.map(({ id }) => id)
  if (ids.length === 0) return []
  const members = await rooms.teamMembers.ofTeams(ids)
  const budgets = await findBudgets([...members.map(({ budgetId }) => budgetId), ...teams.map(memberBudgetOf)], ports)
  const [spend, memberSpend, keys] = await Promise.all([
    ports.ledger.spendOf('team', ids),
    ports.ledger.spendOf(
      'member',
      members.map(({ teamId, userId }) => memberSpendId(teamId, userId)),
    ),
    withKeys ? keysOf(ids, ports) : [],
  ])
  const details = members.map((member) => ({
    member,
    budget: member.budgetId === undefined ? undefined : budgets.get(member.budgetId),
    spend: memberSpend.get(memberSpendId(member.teamId, member.userId)) ?? NO_MONEY,
  }))
  const membersByTeam = Map.groupBy(details, ({ member }) => member.teamId)
  const keysByTeam = Map.groupBy(keys, ({ row }) => row.teamId)
  return teams.map((team) => ({
    team,
    spend: spend.get(team.id) ?? NO_MONEY,
    members: membersByTeam.get(team.id) ?? [],
    memberBudget: team.memberBudgetId === undefined ? undefined : budgets.get(team.memberBudgetId),
    keys: keysByTeam.get(team.id) ?? [],
  }))
}

export async function viewTeam(team: Team, ports: ManagePorts): Promise<TeamView> {
  const [view] = await viewTeams([team], ports, { withKeys: false })
  return view ?? { team, spend: NO_MONEY, members: [], memberBudget: undefined, keys: [] }
}

/** Teams that are gone: what they were, and what they spent. */
export async function viewDeletedTeams(
  gone: readonly DeletedTeam[],
  { ledger }: Pick<ManagePorts, 'ledger'>,
): Promise<readonly TeamRowView[]> {
  const ids = gone.map(({ team }) => team.id)
  const spend = ids.length === 0 ? undefined : await ledger.spendOf('team', ids)
  return gone.map(({ team, deletedAt, deletedBy }) => ({
    team,
    deleted: { at: deletedAt, by: deletedBy },
    spend: spend?.get(team.id) ?? NO_MONEY,
    members: [],
  }))
}

export async function findBudgets(
  ids: readonly (BudgetId | undefined)[],
  { registry }: Pick<ManagePorts, 'registry'>,
): Promise<ReadonlyMap<BudgetId, Budget>> {
  const known = [...new Set(ids.filter((id) => id !== undefined))]
  const found = await registry.rooms.budgets.findMany(known)
  return new Map(found.map((budget) => [budget.id, budget]))
}

async function keysOf(teams: readonly TeamId[], ports: ManagePorts): Promise<readonly KeyWithSpend[]> {
  return withSpends(await ports.registry.rooms.keys.ofTeams(teams), ports)
}

function memberBudgetOf({ memberBudgetId }: Team): BudgetId | undefined {
  return memberBudgetId
}
