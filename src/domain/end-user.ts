import type { BudgetId, EndUserId, EpochMs } from './ids.ts'

/** A customer of the caller's, whom the caller names in its calls. */
export interface EndUser {
  readonly id: EndUserId
  readonly alias: string | undefined
  readonly blocked: boolean
  /** Answers for this customer where the call names a model that is not served. */
  readonly defaultModel: string | undefined
  readonly budgetId: BudgetId | undefined
  readonly createdAt: EpochMs
  readonly updatedAt: EpochMs
}
