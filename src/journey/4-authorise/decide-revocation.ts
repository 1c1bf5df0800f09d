import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import type { TokenRevocation } from '../../domain/token-revocation.ts'

/**
 * J-31: was this token taken back, or is it older than its bearer's may be? `revocations`: those of its names. A token
 * that does not say when it was issued is as old as can be (J-19).
 */
export function decideRevocation(
  token: Pick<VerifiedToken, 'claims'>,
  revocations: readonly TokenRevocation[],
  now: EpochMs,
): Decision<undefined> {
  const standing = standingAgainst(token, revocations, now)
  if (standing.length === 0) return allow(undefined)
  const isBlind = standing.every(({ target }) => isCutOff(target)) && issuedAt(token) === undefined
  return isBlind
    ? deny('token-refused', 'jwt_iat_missing', 'Authentication Error, The token does not say when it was issued (iat).')
    : deny('token-refused', 'jwt_revoked', 'Authentication Error, The token was revoked. Get a new one.')
}

/** Those that refuse it. */
export function standingAgainst(
  token: Pick<VerifiedToken, 'claims'>,
  revocations: readonly TokenRevocation[],
  now: EpochMs,
): readonly TokenRevocation[] {
  const issued = issuedAt(token)
  return revocations.filter(({ target, endsAt }) => {
    if (endsAt !== undefined && endsAt <= now) return false
    return !isCutOff(target) || issued === undefined || issued < target.issuedBefore
  })
}

function issuedAt({ claims: { iat } }: Pick<VerifiedToken, 'claims'>): number | undefined {
  return typeof iat === 'number' ? iat * 1000 : undefined
}

type Target = TokenRevocation['target']

function isCutOff(target: Target): target is Extract<Target, { readonly issuedBefore: EpochMs }> {
  return target.is === 'subject' || target.is === 'user'
}
