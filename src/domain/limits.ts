import type { EpochMs } from './ids.ts'
import type { JsonObject } from './json.ts'
import type { PicoUsd } from './money.ts'

/** How much of what: the same members on keys, users, teams and budgets. Undefined: not limited here. */
export interface Limits {
  readonly maxBudget: PicoUsd | undefined
  /** Crossing it is told, and stops nothing. */
  readonly softBudget: PicoUsd | undefined
  readonly window: BudgetWindow | undefined
  /** More budgets for the same, each with a period of its own. */
  readonly perWindow: readonly Ceiling[]
  readonly tokensPerMinute: number | undefined
  readonly requestsPerMinute: number | undefined
  readonly parallelRequests: number | undefined
  readonly perModel: ModelLimits
}

/** How much, and how often anew. */
export interface Ceiling {
  readonly maxBudget: PicoUsd
  readonly window: BudgetWindow | undefined
}

/** What the operator sets in the file, beside everything that is stored. */
export interface OperatorBudgets {
  /** What all may spend together. */
  readonly everybody: Ceiling | undefined
  readonly tags: ReadonlyMap<string, Ceiling>
  /** What may be spent at a provider. */
  readonly providers: ReadonlyMap<string, Ceiling>
}

export const NO_OPERATOR_BUDGETS: OperatorBudgets = { everybody: undefined, tags: new Map(), providers: new Map() }

/** The period after which spending starts anew. */
export interface BudgetWindow {
  /** As it was written: `30d`. */
  readonly duration: string
  /** Where windows of unaligned length begin. */
  readonly anchor: EpochMs
}

/** As written; checked at the door. Undefined: nothing was said, which limits as much as an empty one. */
export interface ModelLimits {
  readonly maxBudget: Readonly<Record<string, JsonObject>> | undefined
  readonly tokensPerMinute: Readonly<Record<string, number>> | undefined
  readonly requestsPerMinute: Readonly<Record<string, number>> | undefined
}

export const NO_LIMITS: Limits = {
  maxBudget: undefined,
  softBudget: undefined,
  window: undefined,
  perWindow: [],
  tokensPerMinute: undefined,
  requestsPerMinute: undefined,
  parallelRequests: undefined,
  perModel: { maxBudget: undefined, tokensPerMinute: undefined, requestsPerMinute: undefined },
}
