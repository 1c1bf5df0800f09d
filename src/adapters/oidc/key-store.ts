import type { EpochMs } from '../../domain/ids.ts'
import type { KeyChoice } from './key-set.ts'
import type { PublicKey } from './public-key.ts'

export type FoundKey =
  | KeyChoice
  | { readonly is: 'unreachable' }
  /** The provider answered with something else than keys. */
  | { readonly is: 'unfit'; readonly what: string }

/** The keys of one source of a profile. */
export interface KeyStore {
  find(kid: string | undefined, now: EpochMs): Promise<FoundKey>
  /** After a signature that this key did not make: another key may have taken its place. Undefined: none has. */
  findSuccessor(key: PublicKey, now: EpochMs): Promise<PublicKey | undefined>
  /** Whether a token that was verified by this key is as good as verified now. */
  vouchesFor(key: PublicKey, now: EpochMs): boolean
}
