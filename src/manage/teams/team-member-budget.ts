import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Budget } from '../../domain/budget.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import type { Team } from '../../domain/team.ts'
import type { Rooms } from '../../ports/registry.ts'
import { budgetOf, reviseOwnBudget, saveBudget } from '../budgets/own-budget.ts'
import { isSilent, saysNothing } from '../budgets/revise-limits.ts'
import { isSame } from '../describe-change.ts'
import { stampChange } from '../stamp-change.ts'
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
  const members = await rooms.teamMembers.ofTeams([team.id])
  for (const member of before === undefined ? members : []) {
    if (member.budgetId === undefined) await rooms.teamMembers.update({ ...member, budgetId: budget.id })
  }
  for (const row of await rooms.budgets.findMany(members.flatMap(({ budgetId }) => budgetId ?? []))) {
    if (!isOfModelsAlone(row, before)) continue
    await rooms.budgets.update(stampChange(row, { ...row, limits: budget.limits }, ask, ports))
  }
  return allow({ ...team, memberBudgetId: budget.id })
}

/** A row that a member has for the models that the team gives to new ones; its limits are still the team's. */
function isOfModelsAlone({ isOwn, allowedModels, limits }: Budget, standard: Budget | undefined): boolean {
  return isOwn && allowedModels.length > 0 && isSame(limits, standard?.limits ?? NO_LIMITS)
}
