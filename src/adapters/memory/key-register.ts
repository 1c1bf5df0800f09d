import type { EpochMs, KeyDigest } from '../../domain/ids.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'

/** What the in-memory keys and the in-memory ledger have in common. */
export interface KeyRegister {
  readonly rows: Map<KeyDigest, VirtualKey>
  readonly retired: Map<KeyDigest, { readonly successor: KeyDigest; readonly graceEndsAt: EpochMs | undefined }>
  /** Per paying digest. */
  readonly spend: Map<KeyDigest, PicoUsd>
}

export function emptyKeyRegister(): KeyRegister {
  return { rows: new Map(), retired: new Map(), spend: new Map() }
}

/** The digest and those that it took over from. */
export function lineageOf({ retired }: KeyRegister, digest: KeyDigest): readonly KeyDigest[] {
  const earlier = [...retired].filter(([, { successor }]) => successor === digest)
  return [digest, ...earlier.map(([old]) => old)]
}
