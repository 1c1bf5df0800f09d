import type { EntryId, HoldId, SlotId } from '../domain/ids.ts'

/** Whatever must not be foreseeable, or must be unique. */
export interface Chance {
  /** From 0 up to 1; not for secrets. */
  fraction(): number
  entryId(): EntryId
  holdId(): HoldId
  slotId(): SlotId
  secretBytes(count: number): Uint8Array
}

export interface Timers {
  /** Returns what cancels it. */
  after(ms: number, go: () => void): () => void
}
