import type { Claims } from '../domain/claims.ts'
import type { Decision } from '../domain/decision.ts'
import type { EpochMs } from '../domain/ids.ts'
import type { VerifiedToken } from '../domain/token-facts.ts'
import type { TokenProfile } from '../domain/token-settings.ts'

/** Proves tokens of identity providers. Never throws: whatever is wrong with a token is a refusal with its reason. */
export interface TokenVerifier {
  /** Three parts between dots. Without a promise where the token is remembered. */
  verifyJwt(token: string, now: EpochMs): Decision<VerifiedToken> | Promise<Decision<VerifiedToken>>
  /** Any other form; undefined: opaque tokens are not taken here. */
  readonly verifyOpaque:
    | ((token: string, now: EpochMs) => Decision<VerifiedToken> | Promise<Decision<VerifiedToken>>)
    | undefined
}

/** What there is to know about tokens for whoever takes one back. Nothing is proven by any of it. */
export interface TokenTexts {
  /** Undefined: no token like this would be taken, now or later. */
  nameToken(text: string, now: EpochMs): NamedToken | undefined
  /**
   * For how long a token can be good that was issued by now; without an issuer, of whichever. `endless`: of some it can't
   * be said. Undefined: none of the issuer are taken.
   */
  longestLife(issuer?: string): number | 'endless' | undefined
}

export interface NamedToken {
  /** As `VerifiedToken` has it. */
  readonly signedDigest: string
  /** When it ends by its own word, with the leeway that clocks get. Undefined: it does not say. */
  readonly endsAt: EpochMs | undefined
}

/** Says what can be said of tokens without their signatures. */
export interface ClaimJudge {
  /**
   * What would be said of a token that is well signed and says this. `exp`, `aud` and the client need not be said: as if
   * they were in order. For explanations; nothing is proven by it.
   */
  judgeClaims(claims: Claims, issuer: string, now: EpochMs): Decision<VerifiedToken>
  /** How tokens of this issuer are read; undefined: none of it are taken. */
  profileOf(issuer: string): TokenProfile | undefined
  /** How tokens are read that are of no listed issuer, where any of those are taken. */
  readonly shared: TokenProfile | undefined
}
