import type { EndUser } from '../../../domain/end-user.ts'
import type { BudgetId, EndUserId, EpochMs } from '../../../domain/ids.ts'
import { timestampText } from '../column-types.ts'
import type { RowKind } from './sql-rows.ts'
import { textOrNull } from './stamp-columns.ts'

interface EndUserColumns {
  readonly end_user_id: EndUserId
  readonly alias: string | null
  readonly blocked: boolean
  readonly default_model: string | null
  readonly budget_id: BudgetId | null
  readonly created_at: EpochMs
  readonly updated_at: EpochMs
}

export const endUserKind: RowKind<EndUser, EndUserId, EndUserColumns> = {
  table: 'end_user',
  id: 'end_user_id',
  idOf: (endUser) => endUser.id,
  read: (row) => ({
    id: row.end_user_id,
    alias: row.alias ?? undefined,
    blocked: row.blocked,
    defaultModel: row.default_model ?? undefined,
    budgetId: row.budget_id ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }),
  write: (endUser) => ({
    end_user_id: endUser.id,
    alias: textOrNull(endUser.alias),
    blocked: endUser.blocked,
    default_model: textOrNull(endUser.defaultModel),
    budget_id: endUser.budgetId ?? null,
    created_at: timestampText(endUser.createdAt),
    updated_at: timestampText(endUser.updatedAt),
  }),
}
