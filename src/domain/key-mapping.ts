import type { KeyDigest } from './ids.ts'
import type { Stamps } from './stamps.ts'
import type { VerifiedToken } from './token-facts.ts'
import type { VirtualKey } from './virtual-key.ts'

/** What a token says in the claim that stands for a key. */
export interface MappedClaim {
  /** As the operator wrote it in `virtual_key_claim_field`. */
  readonly name: string
  readonly value: string
}

/** A claim of a token that stands for a virtual key. */
export interface KeyMapping extends Stamps {
  readonly id: string
  /** Undefined: of any issuer. */
  readonly issuer: string | undefined
  readonly claim: MappedClaim
  readonly digest: KeyDigest
  readonly description: string | undefined
  readonly isActive: boolean
}

/** A mapping as a token finds it: with its key, as both were in one moment. */
export interface MappedKey extends Pick<KeyMapping, 'id' | 'issuer' | 'isActive'> {
  /** By a token, and as it was then: no administrator has said anything about it. */
  readonly isRegistered: boolean
  readonly key: VirtualKey
}

/** Whoever made a mapping by its token. */
export const AUTO_REGISTER = 'auto_register'

/** For whom a token's mapping is made: tokens that name no issuer have the profile that proved them in its place. */
export function mappingIssuerOf({ issuer, profile }: Pick<VerifiedToken, 'issuer' | 'profile'>): string {
  return issuer === '' ? profile.id : issuer
}
