import type { WindowSpan } from './budget-window.ts'
import type { PicoUsd } from './money.ts'

/** What a budget may be of: each has its own account. `all` is everybody together. */
export type BudgetKind = 'key' | 'team' | 'member' | 'user' | 'organization' | 'end_user' | 'tag' | 'provider' | 'all'

/** A finite budget that concerns a call, in the window that the call falls into. */
export interface BudgetLevel {
  readonly kind: BudgetKind
  /** As spend is summed under: a digest, an id, or `memberSpendId`. */
  readonly id: string
  /** The name of the model that it is for, as it was written, and what else that model is called. Undefined: for all. */
  readonly models?: readonly [string, ...string[]] | undefined
  readonly limit: PicoUsd
  /** Undefined: everything ever spent counts. */
  readonly window: WindowSpan | undefined
  /** Of several windows of one entity, the length of this one. */
  readonly period?: string | undefined
}
