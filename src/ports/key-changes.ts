import type { EpochMs, KeyDigest } from '../domain/ids.ts'

/**
 * Announcements of changed key rows, whoever changed them. A fact read while a watch stood, and not announced as changed
 * since, was still true at `completeUntil`.
 */
export interface KeyChanges {
  /** Numbers the unbroken watches; `undefined` while there is none. */
  readonly watch: number | undefined
  /** Every change committed before this moment has been announced. Meaningless without a watch. */
  readonly completeUntil: EpochMs
  /** `all`: anything may have changed. */
  subscribe(changed: (digest: KeyDigest | 'all') => void): void
}
