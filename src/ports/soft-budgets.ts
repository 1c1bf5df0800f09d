import type { BudgetLevel } from '../domain/budget-level.ts'
import type { PicoUsd } from '../domain/money.ts'
import type { BudgetWindow } from '../domain/limits.ts'

export interface SoftBudget extends Pick<BudgetLevel, 'kind' | 'id'> {
  /** By what people know whose it is. */
  readonly shown: string
  readonly limit: PicoUsd
  readonly window: BudgetWindow | undefined
}

/** Budgets that stop nothing: when one is crossed somebody wants to know. */
export interface SoftBudgets {
  /** All that are set, whoever has them. */
  list(): Promise<readonly SoftBudget[]>
  /** Of the levels in their windows, those that nobody has told of before; now somebody has. */
  claim(levels: readonly BudgetLevel[]): Promise<readonly BudgetLevel[]>
}
