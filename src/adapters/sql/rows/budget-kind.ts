import type { Budget } from '../../../domain/budget.ts'
import type { BudgetId } from '../../../domain/ids.ts'
import { storableText } from '../../../domain/storable-text.ts'
import { limitColumnsOf, limitsOf } from './limit-columns.ts'
import type { LimitRow } from './limit-columns.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

interface BudgetColumns extends LimitRow, StampColumns {
  readonly budget_id: BudgetId
  readonly is_own: boolean
  readonly allowed_models: readonly string[]
}

export const budgetKind: RowKind<Budget, BudgetId, BudgetColumns> = {
  table: 'budget',
  id: 'budget_id',
  idOf: (budget) => budget.id,
  read: (row) => ({
    id: row.budget_id,
    isOwn: row.is_own,
    limits: limitsOf(row),
    allowedModels: row.allowed_models,
    ...stampsOf(row),
  }),
  write: (budget) => ({
    budget_id: budget.id,
    is_own: budget.isOwn,
    ...limitColumnsOf(budget.limits),
    allowed_models: budget.allowedModels.map(storableText),
    ...stampColumnsOf(budget),
  }),
}
