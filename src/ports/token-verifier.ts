import type { Decision } from '../domain/decision.ts'
import type { EpochMs } from '../domain/ids.ts'
import type { VerifiedToken } from '../domain/token-facts.ts'

/** Proves tokens of identity providers. Never throws: whatever is wrong with a token is a refusal with its reason. */
export interface TokenVerifier {
  /** Three parts between dots. Without a promise where the token is remembered. */
  verifyJwt(token: string, now: EpochMs): Decision<VerifiedToken> | Promise<Decision<VerifiedToken>>
  /** Any other form; undefined: opaque tokens are not taken here. */
  readonly verifyOpaque:
    | ((token: string, now: EpochMs) => Decision<VerifiedToken> | Promise<Decision<VerifiedToken>>)
    | undefined
}
