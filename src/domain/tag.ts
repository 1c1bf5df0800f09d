import type { BudgetId } from './ids.ts'
import type { Stamps } from './stamps.ts'

/** A word by which calls are counted together. */
export interface Tag extends Omit<Stamps, 'updatedBy'> {
  readonly name: string
  readonly description: string | undefined
  readonly models: readonly string[]
  readonly budgetId: BudgetId | undefined
}
