import type { BudgetId, EpochMs } from '../../../domain/ids.ts'
import { storableText } from '../../../domain/storable-text.ts'
import type { Tag } from '../../../domain/tag.ts'
import { timestampText } from '../column-types.ts'
import type { RowKind } from './sql-rows.ts'
import { textOrNull } from './stamp-columns.ts'

interface TagColumns {
  readonly name: string
  readonly description: string | null
  readonly models: readonly string[]
  readonly budget_id: BudgetId | null
  readonly created_at: EpochMs
  readonly created_by: string
  readonly updated_at: EpochMs
}

export const tagKind: RowKind<Tag, string, TagColumns> = {
  table: 'tag',
  id: 'name',
  idOf: (tag) => tag.name,
  read: (row) => ({
    name: row.name,
    description: row.description ?? undefined,
    models: row.models,
    budgetId: row.budget_id ?? undefined,
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
  }),
  write: (tag) => ({
    name: storableText(tag.name),
    description: textOrNull(tag.description),
    models: tag.models.map(storableText),
    budget_id: tag.budgetId ?? null,
    created_at: timestampText(tag.createdAt),
    created_by: storableText(tag.createdBy),
    updated_at: timestampText(tag.updatedAt),
  }),
}
