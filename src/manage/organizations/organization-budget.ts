import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Budget } from '../../domain/budget.ts'
import { parseBudgetId } from '../../domain/ids.ts'
import type { Rooms } from '../../ports/registry.ts'
import { reviseOwnBudget, twoBudgets } from '../budgets/own-budget.ts'
import { isSilent, boundsNothing } from '../budgets/revise-limits.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'

export interface BudgetWish {
  readonly budgetId: string | undefined
  readonly limits: LimitWish
}

/** An organisation always has a budget: one that is shared and named, or one of its own. Nothing is written. */
export async function reviseOrganizationBudget(
  current: Budget | undefined,
  { budgetId, limits }: BudgetWish,
  rooms: Pick<Rooms, 'budgets'>,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<Budget>> {
  if (budgetId === undefined || budgetId === current?.id) {
    return current !== undefined && isSilent(limits) ? allow(current) : reviseOwnBudget(current, limits, ask, ports)
  }
  if (!boundsNothing(limits)) return twoBudgets()
  const id = parseBudgetId(budgetId)
  const shared = id === undefined ? undefined : await rooms.budgets.find(id)
  // What belongs to another object alone is nobody's to share.
  if (shared === undefined || shared.isOwn) {
    return deny('budget-not-found', 'object_denied', `Budget not found, passed budget_id=${budgetId.slice(0, 255)}`)
  }
  return allow(shared)
}
