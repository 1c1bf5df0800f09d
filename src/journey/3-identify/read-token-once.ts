import type { Decision } from '../../domain/decision.ts'
import type { MappedClaim } from '../../domain/key-mapping.ts'
import type { TokenFacts, VerifiedToken } from '../../domain/token-facts.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import { readMappedClaim } from './read-mapped-claim.ts'
import { readTokenFacts } from './read-token-facts.ts'

/** All that is read from a token, by one policy. */
export interface TokenReading {
  readonly policy: TokenPolicy
  readonly facts: Decision<TokenFacts>
  /** Undefined: it has none, or none is asked for. */
  readonly claim: MappedClaim | undefined
}

const readings = new WeakMap<VerifiedToken, TokenReading>()

/** A remembered token is the same object each time that it comes, and says the same. */
export function readTokenOnce(token: VerifiedToken, policy: TokenPolicy): TokenReading {
  const known = readings.get(token)
  if (known?.policy === policy) return known
  const { keyMapping } = policy
  const claim = keyMapping === undefined ? undefined : readMappedClaim(token, keyMapping)
  const reading = { policy, facts: readTokenFacts(token, policy), claim }
  readings.set(token, reading)
  return reading
}
