import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { Decision } from '../../domain/decision.ts'
import type { TokenProfile } from '../../domain/token-settings.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import { checkClaims } from './check-claims.ts'
import { endOf } from './check-times.ts'
import type { ChosenProfile } from './choose-profile.ts'
import type { KeyStore } from './key-store.ts'
import { proveSignature } from './prove-signature.ts'
import type { UnprovenToken } from './read-token.ts'
import { refuseToken } from './refuse-token.ts'
import type { TokenFlaw } from './refuse-token.ts'
import type { RememberedTokens } from './remembered-tokens.ts'
import { signedDigestOf } from './signed-digest.ts'

export interface JwtParts {
  readonly chooseProfile: (iss: UnprovenToken['claims'][string] | undefined) => ChosenProfile | TokenFlaw
  readonly storesOf: (profile: TokenProfile) => readonly KeyStore[]
  readonly remembered: RememberedTokens
}

/** J-08 to J-24 about a well-formed token, and then it is remembered. */
export async function verifyJwt(
  token: UnprovenToken,
  digest: string,
  now: EpochMs,
  { chooseProfile, storesOf, remembered }: JwtParts,
): Promise<Decision<VerifiedToken>> {
  const { text, header, claims } = token
  const chosen = chooseProfile(claims['iss'])
  if (typeof chosen === 'string') return refuseToken(chosen)
  const { profile, tenant } = chosen
  if (text.length > profile.maxTokenBytes) return refuseToken('jwt_too_large')

  const proof = await proveSignature(token, profile, storesOf(profile), now)
  if ('denied' in proof)
    return proof.by === undefined ? proof.denied : remembered.refuse(digest, proof.denied, now, proof.by)
  const denied = checkClaims({ claims, profile, now, typ: header.typ, tenant })
  if (denied !== undefined) return remembered.refuse(digest, denied, now, proof)

  const end = endOf(claims)
  const issuer = typeof claims['iss'] === 'string' ? claims['iss'] : ''
  const expiresAt = end === undefined ? undefined : epochMs(end)
  const until = end === undefined ? Number.POSITIVE_INFINITY : end + profile.leewaySeconds * 1000
  const verified: VerifiedToken = {
    profile,
    issuer,
    claims,
    digest,
    signedDigest: signedDigestOf(text),
    expiresAt,
    via: 'jwt',
  }
  return remembered.keep(digest, verified, text.length, { until, by: proof })
}
