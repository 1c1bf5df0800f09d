import type { Claims } from '../../domain/claims.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { TokenProfile } from '../../domain/token-settings.ts'
import type { TokenFlaw } from './refuse-token.ts'

type Times = Pick<TokenProfile, 'requiresExp' | 'leewaySeconds' | 'maxLifetimeSeconds'>

/** J-17 to J-19. Nothing that is no number is made one. */
export function checkTimes(claims: Claims, profile: Times, now: EpochMs): TokenFlaw | 'expired' | undefined {
  const { leewaySeconds: leeway, maxLifetimeSeconds: lifetime } = profile
  const seconds = now / 1000
  const { exp, nbf, iat } = claims

  if (exp === undefined) {
    if (profile.requiresExp) return 'jwt_exp_missing'
  } else {
    if (!isTime(exp) || exp <= 0) return 'jwt_time_type'
    const end = Math.trunc(exp)
    if (seconds >= end + leeway) return 'expired'
    if (end > seconds + lifetime || (isTime(iat) && end - iat > lifetime)) return 'jwt_lifetime'
  }
  if (nbf !== undefined) {
    if (!isTime(nbf)) return 'jwt_time_type'
    if (seconds + leeway < nbf) return 'jwt_not_yet_valid'
  }
  if (iat !== undefined) {
    if (!isTime(iat)) return 'jwt_time_type'
    if (iat > seconds + leeway) return 'jwt_iat_future'
  }
  const isBeforeStart = (start: JsonValue | undefined): boolean => isTime(exp) && isTime(start) && exp <= start
  return isBeforeStart(iat) || isBeforeStart(nbf) ? 'jwt_time_inconsistent' : undefined
}

/** When a token that passed ends, without leeway. */
export function endOf(claims: Claims): number | undefined {
  const { exp } = claims
  return isTime(exp) ? Math.trunc(exp) * 1000 : undefined
}

function isTime(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER
}
