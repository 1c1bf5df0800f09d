import type { KeyDigest } from '../domain/ids.ts'
import type { PicoUsd } from '../domain/money.ts'

/** What keys have spent, as this process knows it, kept current without asking the store for every call. */
export interface RunningSpend {
  /** Undefined: known already. Must have settled before `add`. */
  prepare(key: KeyDigest): Promise<void> | undefined
  /** Returns the total after the addition; undefined when it is not known. */
  add(key: KeyDigest, amount: PicoUsd): PicoUsd | undefined
}
