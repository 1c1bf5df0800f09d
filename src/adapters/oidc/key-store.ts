import type { EpochMs } from '../../domain/ids.ts'
import type { KeyChoice } from './key-set.ts'
import type { PublicKey } from './public-key.ts'

export type FoundKey =
  | Exclude<KeyChoice, { is: 'unknown' }>
  /** `isNews`: the set was fetched for this very question. */
  | { readonly is: 'unknown'; readonly isNews: boolean }
  | { readonly is: 'unreachable' }
  /** The provider answered with something else than keys. */
  | { readonly is: 'unfit'; readonly what: string }

/** A key, and how it was found: what leads to a key today may lead to another one tomorrow. */
export interface ChosenKey {
  readonly key: PublicKey
  /** As the token has it. */
  readonly kid: string | undefined
}

/** The keys of one source of a profile. */
export interface KeyStore {
  find(kid: string | undefined, now: EpochMs): Promise<FoundKey>
  /** The same after one more look at the source, if it is time for one. */
  findAnew(kid: string | undefined, now: EpochMs): Promise<FoundKey>
  /** After a signature that this key did not make: another key may have taken its place. Undefined: none has. */
  findSuccessor(found: ChosenKey, now: EpochMs): Promise<PublicKey | undefined>
  /** Whether a token that was verified by this key is as good as verified now. */
  vouchesFor(found: ChosenKey, now: EpochMs): boolean
}
