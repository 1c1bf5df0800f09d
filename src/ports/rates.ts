import type { EpochMs, SlotId } from '../domain/ids.ts'
import type { RateScope, RateType } from '../domain/rate-scope.ts'

export interface RatesAsk {
  readonly slotId: SlotId
  readonly at: EpochMs
  /** Never empty; the first one without room is the one that is named. */
  readonly scopes: readonly RateScope[]
}

/** Where a scope stands. */
export interface RateState {
  readonly scope: RateScope
  readonly requests: number
  readonly tokens: number
  readonly running: number
  /** When its window ends. */
  readonly resetsAt: EpochMs
}

export type TakenRates =
  /** With this call counted. */
  | { readonly verdict: 'taken'; readonly states: readonly RateState[] }
  | { readonly verdict: 'refused'; readonly state: RateState; readonly type: RateType }

/**
 * Counts calls and tokens in windows of a minute, shared by all replicas. A window begins with the first call after the end
 * of the one before. A call that is refused is counted nowhere.
 */
export interface Rates {
  /** All scopes or none. Throws when the store does not answer. */
  take(ask: RatesAsk): Promise<TakenRates>
  /** What `take` would answer, and nothing is counted. */
  judge(ask: RatesAsk): Promise<TakenRates>
  /** The call is over and used so many tokens. A call that was never counted is no error. */
  finish(ask: RatesAsk & { readonly tokens: number }): Promise<void>
}
