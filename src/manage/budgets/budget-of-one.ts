import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Budget } from '../../domain/budget.ts'
import { parseBudgetId } from '../../domain/ids.ts'
import type { BudgetId } from '../../domain/ids.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import { stampedNew } from '../../domain/stamps.ts'
import type { Rooms } from '../../ports/registry.ts'
import { freshId } from '../new-id.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { reviseLimits } from './revise-limits.ts'
import type { LimitWish } from './revise-limits.ts'
import { stampChange } from '../stamp-change.ts'

export function isSilent(wish: LimitWish): boolean {
  return Object.values(wish).every((value) => value === undefined)
}

/**
 * The limits that somebody has, with what is wished, as a row of its own: the one there is, or a new one in the place of
 * one that is shared. Nothing is written.
 */
export function reviseOwnBudget(
  current: Budget | undefined,
  wish: LimitWish,
  ask: Pick<Ask, 'origin'>,
  ports: Pick<ManagePorts, 'clock' | 'newId'>,
): Decision<Budget> {
  const now = ports.clock.now()
  const limits = reviseLimits(current?.limits ?? NO_LIMITS, wish, now)
  if (limits.verdict === 'deny') return limits
  if (current?.isOwn === true) return allow(stampChange(current, { ...current, limits: limits.granted }, ask, ports))
  return allow({
    id: freshId(parseBudgetId, ports),
    isOwn: true,
    limits: limits.granted,
    allowedModels: current?.allowedModels ?? [],
    ...stampedNew(changer(ask), now),
  })
}

export async function saveBudget(
  budget: Budget,
  before: Budget | undefined,
  { budgets }: Pick<Rooms, 'budgets'>,
): Promise<void> {
  if (before?.id === budget.id) await budgets.update(budget)
  else await budgets.insert(budget)
}

export async function budgetOf(
  id: BudgetId | undefined,
  { budgets }: Pick<Rooms, 'budgets'>,
): Promise<Budget | undefined> {
  return id === undefined ? undefined : budgets.find(id)
}
