import { deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { Claims } from '../../domain/claims.ts'
import type { TokenProfile } from '../../domain/token-settings.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import { checkClaims } from './check-claims.ts'
import { endOf } from './check-times.ts'
import { refuseToken } from './refuse-token.ts'
import type { RememberedTokens } from './remembered-tokens.ts'
import { signedDigestOf } from './signed-digest.ts'

/** What a provider says about a token that only it can read. */
export type Testimony = { readonly claims: Claims } | { readonly denied: Denied; readonly isLasting: boolean }

export interface Witness {
  readonly via: 'userinfo' | 'introspection'
  readonly profile: TokenProfile
  /** How long its word is taken for. */
  readonly ttlSeconds: number
  ask(token: string): Promise<Testimony>
}

export interface OpaqueToken {
  readonly text: string
  readonly digest: string
  /** Under which the answer is remembered: what may be asked in two ways has two. */
  readonly memoryKey: string
}

/** J-33: the answer is held to the rules of its profile as far as it speaks of them. */
export async function verifyByWitness(
  { text, digest, memoryKey }: OpaqueToken,
  now: EpochMs,
  witness: Witness,
  remembered: RememberedTokens,
): Promise<Decision<VerifiedToken>> {
  const said = await witness.ask(text)
  if ('denied' in said) return said.isLasting ? remembered.refuse(memoryKey, said.denied, now, undefined) : said.denied

  const { profile, via } = witness
  const { claims } = said
  const { iss } = claims
  const denied = isWrongIssuer(iss, witness)
    ? refuseToken('jwt_iss_unknown')
    : checkClaims({ claims, profile: leniently(witness, claims), now, typ: undefined, tenant: undefined })
  if (denied !== undefined) return remembered.refuse(memoryKey, denied, now, undefined)

  const end = endOf(claims)
  const issuer = typeof iss === 'string' ? iss : (profile.issuer ?? '')
  const expiresAt = end === undefined ? undefined : epochMs(end)
  const until = Math.min(now + witness.ttlSeconds * 1000, end ?? Number.POSITIVE_INFINITY)
  const verified: VerifiedToken = {
    profile,
    issuer,
    claims,
    digest,
    signedDigest: signedDigestOf(text),
    expiresAt,
    via,
  }
  const bytes = text.length + JSON.stringify(claims).length
  return remembered.keep(memoryKey, verified, bytes, { until, by: undefined })
}

/** UserInfo speaks about a person, not about a token: it is believed without issuer, audience and times. */
function isWrongIssuer(iss: Claims[string] | undefined, { profile, via }: Witness): boolean {
  if (iss === undefined) return via === 'introspection' && profile.issuer !== undefined
  return typeof iss !== 'string' || (profile.issuer !== undefined && iss !== profile.issuer)
}

/** Whoever vouches for a token is asked again before long, so that its end need not be said. */
function leniently({ profile, via }: Witness, claims: Claims): TokenProfile {
  const audiences = via === 'introspection' || 'aud' in claims ? profile.audiences : undefined
  return { ...profile, requiresTyp: false, requiresExp: false, audiences }
}

export function refuseOpaque(what: string): Denied {
  return deny('token-refused', 'opaque_refused', `Authentication Error, ${what}`)
}
