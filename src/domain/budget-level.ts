import type { WindowSpan } from './budget-window.ts'
import type { PicoUsd } from './money.ts'

/** What a budget may be of: each has its own account. */
export type BudgetKind = 'key' | 'team' | 'member' | 'user' | 'organization' | 'end_user'

/** A finite budget that concerns a call, in the window that the call falls into. */
export interface BudgetLevel {
  readonly kind: BudgetKind
  /** As spend is summed under: a digest, an id, or `memberSpendId`. */
  readonly id: string
  readonly limit: PicoUsd
  /** Undefined: everything ever spent counts. */
  readonly window: WindowSpan | undefined
}
