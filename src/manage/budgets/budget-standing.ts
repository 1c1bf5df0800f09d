import type { BudgetKind, BudgetLevel } from '../../domain/budget-level.ts'
import { spanAt } from '../../domain/budget-window.ts'
import type { Limits } from '../../domain/limits.ts'
import { modelBudgets } from '../../domain/model-budget.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { ManagePorts } from '../ports.ts'

export interface LimitedOwner {
  readonly kind: BudgetKind
  readonly id: string
  readonly limits: Limits
  /** Its own names for models, and its team, which may have others. */
  readonly modelAliases?: Readonly<Record<string, string>>
  readonly teamId?: string | undefined
}

/** What is spent of the budgets of single models in their present windows, by the names in the budgets. */
export async function readModelSpend(
  { kind, id, limits, modelAliases = {}, teamId }: LimitedOwner,
  { budgets, catalogue, clock }: Pick<ManagePorts, 'budgets' | 'catalogue' | 'clock'>,
): Promise<ReadonlyMap<string, PicoUsd>> {
  const now = clock.now()
  const known = catalogue()
  const levels = modelBudgets(limits.perModel.maxBudget ?? {}).map(({ model, limit, window }): BudgetLevel => {
    const models = [model, ...known.groupsNamed(model, modelAliases, teamId)] as const
    return { kind, id, models, limit, window: spanAt(window, now) }
  })
  const spent = levels.length === 0 ? [] : await budgets.spentAt(levels)
  return new Map(levels.map(({ models }, n) => [models?.[0] ?? '', spent[n] ?? NO_MONEY]))
}

/** Whether the budget that stops nothing is used up in its present window. */
export async function isSoftCrossed(
  { kind, id, limits: { softBudget, window } }: LimitedOwner,
  { budgets, clock }: Pick<ManagePorts, 'budgets' | 'clock'>,
): Promise<boolean> {
  if (softBudget === undefined) return false
  const [spent] = await budgets.spentAt([{ kind, id, limit: softBudget, window: spanAt(window, clock.now()) }])
  return spent !== undefined && spent >= softBudget
}

export interface ProviderBudget {
  readonly provider: string
  readonly limit: PicoUsd
  readonly period: string | undefined
  readonly window: BudgetLevel['window']
  readonly spent: PicoUsd
}

/** What may be spent at providers by the operator's file, and what is. */
export async function readProviderBudgets({
  budgets,
  operator,
  clock,
}: Pick<ManagePorts, 'budgets' | 'operator' | 'clock'>): Promise<readonly ProviderBudget[]> {
  const now = clock.now()
  const set = [...operator.providers].map(([provider, { maxBudget, window }]) => ({
    provider,
    limit: maxBudget,
    period: window?.duration,
    window: spanAt(window, now),
  }))
  const levels = set.map(({ provider, limit, window }): BudgetLevel => ({
    kind: 'provider',
    id: provider,
    limit,
    window,
  }))
  const spent = levels.length === 0 ? [] : await budgets.spentAt(levels)
  return set.map((each, n) => ({ ...each, spent: spent[n] ?? NO_MONEY }))
}
