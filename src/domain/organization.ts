import type { BudgetId, OrganizationId } from './ids.ts'
import type { JsonObject } from './json.ts'
import type { Stamps } from './stamps.ts'

export interface Organization extends Stamps {
  readonly id: OrganizationId
  readonly alias: string
  readonly budgetId: BudgetId
  /** Empty: no restriction of its own. */
  readonly models: readonly string[]
  readonly metadata: JsonObject
}
