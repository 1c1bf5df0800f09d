import type { Claims } from '../../domain/claims.ts'
import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import type { TokenProfile } from '../../domain/token-settings.ts'
import { checkClaims } from './check-claims.ts'
import { endOf } from './check-times.ts'
import type { ChosenProfile } from './choose-profile.ts'
import { refuseToken } from './refuse-token.ts'
import type { TokenFlaw } from './refuse-token.ts'

interface ClaimSet {
  readonly claims: Claims
  readonly issuer: string
  readonly now: EpochMs
}

/** All that can be said of claims without a signature. Not remembered anywhere: it proves nothing. */
export function judgeClaims(
  { claims, issuer, now }: ClaimSet,
  choose: (iss: JsonValue | undefined) => ChosenProfile | TokenFlaw,
): Decision<VerifiedToken> {
  const chosen = choose(issuer)
  if (typeof chosen === 'string') return refuseToken(chosen)
  const { profile, tenant } = chosen
  const whole: Claims = { ...usual(profile, claims, now), ...claims, iss: issuer }
  const denied = checkClaims({ claims: whole, profile, now, typ: 'at+jwt', tenant })
  if (denied !== undefined) return denied
  const end = endOf(whole)
  const expiresAt = end === undefined ? undefined : epochMs(end)
  return allow({ profile, issuer, claims: whole, digest: '', signedDigest: '', expiresAt, via: 'jwt' })
}

const USUAL_LIFE_SECONDS = 300

/** What every token of this issuer says, and nobody wants to write by hand. */
function usual({ audiences, clients }: TokenProfile, claims: Claims, now: EpochMs): Claims {
  const [audience] = audiences ?? []
  const [client] = clients ?? []
  const namesClient = 'azp' in claims || 'client_id' in claims
  const tellsTimes = 'iat' in claims || 'exp' in claims
  return {
    ...(tellsTimes ? {} : { iat: Math.trunc(now / 1000) }),
    exp: Math.trunc(now / 1000) + USUAL_LIFE_SECONDS,
    ...(audience === undefined ? {} : { aud: audience }),
    ...(client === undefined || namesClient ? {} : { azp: client }),
  }
}
