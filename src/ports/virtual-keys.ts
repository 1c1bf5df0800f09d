import type { EpochMs, KeyDigest, UserId } from '../domain/ids.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'

/** What a presented digest leads to: the row, and until when this digest still opens it. */
export interface FoundKey {
  readonly key: VirtualKey
  /** Set while the presented digest is an earlier one in its grace period. */
  readonly graceEndsAt: EpochMs | undefined
}

/** The read that the request path needs. A cache may stand in front of it; see the contract. */
export interface KeyLookup {
  /**
   * Resolves a digest, or an earlier digest of a rotated key whose grace period has not ended at `now`.
   * Throws when the store does not answer: an error is never an absence.
   */
  findKey(digest: KeyDigest, now: EpochMs): Promise<FoundKey | undefined>
}

export interface KeyFilter {
  readonly userId?: UserId
  readonly alias?: string
  readonly digest?: KeyDigest
}

export type KeySort = 'spend' | 'created_at' | 'updated_at' | 'token' | 'key_alias'

export interface KeyPage {
  readonly filter: KeyFilter
  readonly sort: KeySort
  readonly order: 'asc' | 'desc'
  /** From 1. */
  readonly page: number
  readonly size: number
}

export interface Rotation {
  readonly from: KeyDigest
  /** As for `update`. */
  readonly seen?: EpochMs
  /** The row as it shall be, with its new digest. */
  readonly to: VirtualKey
  /** Absent: the earlier digest is dead at once. Earlier digests still in grace die in either case. */
  readonly graceEndsAt?: EpochMs
}

/** The management side. Every write is one transaction and is seen by the next `findKey` everywhere. */
export interface VirtualKeys extends KeyLookup {
  insert(key: VirtualKey): Promise<'inserted' | 'digest-taken' | 'alias-taken'>
  /**
   * Replaces the row of the same digest as a whole. `seen` is the `updatedAt` of the row that the change was made from:
   * with another row there by now nothing is written, so that no change undoes one that it has not seen.
   */
  update(key: VirtualKey, seen?: EpochMs): Promise<'updated' | 'changed' | 'unknown' | 'alias-taken'>
  rotate(rotation: Rotation): Promise<'rotated' | 'changed' | 'unknown' | 'digest-taken' | 'alias-taken'>
  /** All or none: with any of them unknown nothing is deleted. Deleted rows stay on record, with who and when. */
  delete(digests: readonly KeyDigest[], by: string, at: EpochMs): Promise<'deleted' | 'unknown'>
  findByAlias(alias: string): Promise<VirtualKey | undefined>
  list(page: KeyPage): Promise<{ readonly keys: readonly VirtualKey[]; readonly total: number }>
}
