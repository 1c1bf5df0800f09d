import type { BudgetLevel } from '../domain/budget-level.ts'
import type { EpochMs, HoldId } from '../domain/ids.ts'
import type { PicoUsd } from '../domain/money.ts'

export interface ReserveAsk {
  readonly holdId: HoldId
  /** When the call was admitted; every level's window contains it, and its lines count at this moment. */
  readonly at: EpochMs
  /** Never empty; the first one without room is the one that is named. */
  readonly levels: readonly BudgetLevel[]
  /** With less than this the call makes no sense. Above zero. */
  readonly least: PicoUsd
  readonly most: PicoUsd
}

export type Reservation =
  /** Between `least` and `most`, at every level. */
  | { readonly verdict: 'held'; readonly amount: PicoUsd }
  | { readonly verdict: 'refused'; readonly level: BudgetLevel; readonly spent: PicoUsd; readonly held: PicoUsd }

/**
 * The accounts behind budgets, shared by all replicas. What an entity spent and what is held for its calls never exceeds
 * its limit by a reservation, however many are asked for at once. A hold ends with the ledger line that carries its id, or
 * with `release`; one that does neither in time counts as spent until its line arrives.
 */
export interface Budgets {
  /** All levels or none. Throws when the store does not answer. */
  reserve(ask: ReserveAsk): Promise<Reservation>
  /** What `reserve` would answer, and nothing is held. */
  judge(ask: ReserveAsk): Promise<Reservation>
  /** What is spent at each of them by now, in their order. Holds don't count, and limits are not looked at. */
  spentAt(levels: readonly BudgetLevel[]): Promise<readonly PicoUsd[]>
  /** The same, for who asks again and again: their accounts are kept from now on. */
  follow(levels: readonly BudgetLevel[]): Promise<readonly PicoUsd[]>
  /** For a call that cost nothing and leaves no line. A hold that is gone already is no error. */
  release(holdId: HoldId): Promise<void>
}
