import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Team } from '../../domain/team.ts'
import type { Rooms } from '../../ports/registry.ts'
import { budgetOf, reviseOwnBudget, saveBudget } from '../budgets/own-budget.ts'
import { isSilent, saysNothing } from '../budgets/revise-limits.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { beyondYoursIn } from '../refuse.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'
import type { Authority } from './team-authority.ts'
import { findAmountBeyond } from '../budgets/compare-limits.ts'

/**
 * The team with what its members get where nothing else is said. That row is not the team's alone: its members refer to it,
 * so that it is never taken away together with one of them.
 */
export async function saveMemberBudget(
  team: Team,
  wish: LimitWish,
  authority: Authority,
  rooms: Rooms,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<Team>> {
  const before = await budgetOf(team.memberBudgetId, rooms)
  if (isSilent(wish) || (before === undefined && saysNothing(wish))) return allow(team)
  // As if it were the team's own: it is changed in its place.
  const revised = reviseOwnBudget(before === undefined ? undefined : { ...before, isOwn: true }, wish, ask, ports)
  if (revised.verdict === 'deny') return revised
  const budget = { ...revised.granted, isOwn: false }
  const beyond = authority === 'team' ? findAmountBeyond(budget.limits, team.limits, before?.limits) : undefined
  if (beyond !== undefined) return beyondYoursIn(beyond)
  await saveBudget(budget, before, rooms)
  if (before === undefined) {
    for (const member of await rooms.teamMembers.ofTeams([team.id])) {
      if (member.budgetId === undefined) await rooms.teamMembers.update({ ...member, budgetId: budget.id })
    }
  }
  return allow({ ...team, memberBudgetId: budget.id })
}
