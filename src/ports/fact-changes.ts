import type { EpochMs } from '../domain/ids.ts'

export type FactKind = 'key' | 'user' | 'team' | 'organization' | 'end_user' | 'budget' | 'access_group' | 'model'

export interface ChangedFact {
  readonly kind: FactKind
  readonly id: string
}

/**
 * Announcements of changed rows, whoever changed them. A fact read while a watch stood, and not announced as changed
 * since, was still true at `completeUntil`.
 */
export interface FactChanges {
  /** Numbers the unbroken watches; `undefined` while there is none. */
  readonly watch: number | undefined
  /** Every change committed before this moment has been announced. Meaningless without a watch. */
  readonly completeUntil: EpochMs
  /** `all`: anything of the kind may have changed. */
  subscribe(kind: FactKind, changed: (id: string) => void, changedAll: () => void): void
}
