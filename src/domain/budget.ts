import type { BudgetId } from './ids.ts'
import type { Limits } from './limits.ts'
import type { Stamps } from './stamps.ts'

/** A row of limits that several objects may share, or that one object has to itself. */
export interface Budget extends Stamps {
  readonly id: BudgetId
  /** Made with the object that uses it, and gone with it. */
  readonly isOwn: boolean
  readonly limits: Limits
  /** Of a member's budget: the models that the member may use in the team. Empty: the team's. */
  readonly allowedModels: readonly string[]
}
