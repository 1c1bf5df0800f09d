import type { BudgetId, OrganizationId } from '../../../domain/ids.ts'
import type { JsonObject } from '../../../domain/json.ts'
import type { Organization } from '../../../domain/organization.ts'
import { storableJson, storableText } from '../../../domain/storable-text.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

interface OrganizationColumns extends StampColumns {
  readonly organization_id: OrganizationId
  readonly alias: string
  readonly budget_id: BudgetId
  readonly models: readonly string[]
  readonly metadata: JsonObject
}

export const organizationKind: RowKind<Organization, OrganizationId, OrganizationColumns> = {
  table: 'organization',
  id: 'organization_id',
  idOf: (organization) => organization.id,
  read: (row) => ({
    id: row.organization_id,
    alias: row.alias,
    budgetId: row.budget_id,
    models: row.models,
    metadata: row.metadata,
    ...stampsOf(row),
  }),
  write: (organization) => ({
    organization_id: organization.id,
    alias: storableText(organization.alias),
    budget_id: organization.budgetId,
    models: organization.models.map(storableText),
    metadata: storableJson(organization.metadata),
    ...stampColumnsOf(organization),
  }),
}
