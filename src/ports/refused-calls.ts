import type { LedgerEntry } from '../domain/ledger-entry.ts'

export interface RefusedCalls {
  /** Never fails and does not wait: that a line could not be kept is told to the operator. */
  keep(line: LedgerEntry): void
}
