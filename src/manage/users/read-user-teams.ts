import type { Budget } from '../../domain/budget.ts'
import type { BudgetId, TeamId, UserId } from '../../domain/ids.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { Reach } from '../../domain/reach.ts'
import { reachesTeam } from '../../domain/scope.ts'
import type { Team } from '../../domain/team.ts'
import type { TeamMembership } from '../../domain/user.ts'
import { memberSpendId } from '../../ports/ledger.ts'
import type { TeamMemberView } from '../../ports/registry.ts'
import type { ManagePorts } from '../ports.ts'

/** A team as it is shown beside a user. */
export interface TeamOfUser {
  readonly team: Team
  /** Undefined: not for plain members, nor is what only administrators write down about the team. */
  readonly spend: PicoUsd | undefined
  /** Those whom the caller may see. */
  readonly members: readonly TeamMemberView[]
  /** The user's own. */
  readonly membership: MembershipOfUser | undefined
}

export interface MembershipOfUser {
  readonly member: TeamMembership
  readonly spend: PicoUsd
  readonly budget: Budget | undefined
}

export async function describeTeamsOf(
  userId: UserId,
  ids: readonly TeamId[],
  reach: Reach,
  ports: ManagePorts,
): Promise<readonly TeamOfUser[]> {
  return (await describeTeams(new Map([[userId, ids]]), reach, ports)).get(userId) ?? []
}

/** Plain members see their own membership and no one else's. */
export async function describeTeams(
  teamsOf: ReadonlyMap<UserId, readonly TeamId[]>,
  reach: Reach,
  { registry, ledger }: ManagePorts,
): Promise<ReadonlyMap<UserId, readonly TeamOfUser[]>> {
  const { rooms } = registry
  const ids = [...new Set([...teamsOf.values()].flat())]
  if (ids.length === 0) return new Map([...teamsOf.keys()].map((userId) => [userId, []]))
  const teams = new Map((await rooms.teams.findMany(ids)).map((team) => [team.id, team]))
  const members = Map.groupBy(await rooms.teamMembers.ofTeams(ids), ({ teamId }) => teamId)
  const spend = await ledger.spendOf('team', ids)
  const spendOfMember = await ledger.spendOf(
    'member',
    [...teamsOf].flatMap(([userId, ofUser]) => ofUser.map((id) => memberSpendId(id, userId))),
  )
  const own = [...members.values()].flat().filter((member) => teamsOf.has(member.userId))
  const budgetIds = own.map(({ budgetId }) => budgetId).filter((id): id is BudgetId => id !== undefined)
  const budgets = new Map((await rooms.budgets.findMany(budgetIds)).map((budget) => [budget.id, budget]))

  const describe = (id: TeamId, userId: UserId): TeamOfUser | [] => {
    const team = teams.get(id)
    if (team === undefined) return []
    const all = members.get(id) ?? []
    const member = all.find((each) => each.userId === userId)
    const administers = reachesTeam(reach, team)
    return {
      team: administers ? team : { ...team, metadata: {} },
      spend: administers ? (spend.get(id) ?? NO_MONEY) : undefined,
      members: administers ? all : all.filter((each) => each.userId === userId),
      membership: member && {
        member,
        spend: spendOfMember.get(memberSpendId(id, userId)) ?? NO_MONEY,
        budget: member.budgetId === undefined ? undefined : budgets.get(member.budgetId),
      },
    }
  }
  return new Map([...teamsOf].map(([userId, ofUser]) => [userId, ofUser.flatMap((id) => describe(id, userId))]))
}
