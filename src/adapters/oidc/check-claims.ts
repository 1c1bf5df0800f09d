import type { Claims } from '../../domain/claims.ts'
import type { Denied } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { TokenProfile } from '../../domain/token-settings.ts'
import { checkConditions } from './check-conditions.ts'
import { checkTimes } from './check-times.ts'
import { checkType } from './check-type.ts'
import { EXPIRED, refuseToken } from './refuse-token.ts'
import type { TokenFlaw } from './refuse-token.ts'

export interface ClaimsAsk {
  readonly claims: Claims
  readonly profile: TokenProfile
  readonly now: EpochMs
  /** Of the header; undefined: there is none. */
  readonly typ: string | null | undefined
  /** The tenant that `iss` names. */
  readonly tenant: string | undefined
}

/** J-17 to J-24, in this order, about claims that are proven. Undefined: they stand. */
export function checkClaims({ claims, profile, now, typ, tenant }: ClaimsAsk): Denied | undefined {
  if (tenant !== undefined && claims[profile.tenants?.claim ?? ''] !== tenant) return refuseToken('jwt_tenant_denied')
  const late = checkTimes(claims, profile, now)
  if (late === 'expired') return EXPIRED
  const flaw =
    late ??
    (profile.audiences === undefined ? undefined : checkAudience(claims['aud'], profile.audiences)) ??
    checkClient(claims, profile.clients) ??
    checkSubject(claims['sub'], profile) ??
    checkType(claims, typ, profile)
  return flaw === undefined ? checkConditions(claims, profile.conditions) : refuseToken(flaw)
}

const MAX_AUDIENCES = 32

function checkAudience(aud: JsonValue | undefined, accepted: readonly string[]): TokenFlaw | undefined {
  if (aud === undefined) return 'jwt_aud_missing'
  const named: readonly JsonValue[] = Array.isArray(aud) ? aud : [aud]
  if (named.length === 0 || named.length > MAX_AUDIENCES) return 'jwt_aud_type'
  if (!named.every((each) => typeof each === 'string' && each !== '')) return 'jwt_aud_type'
  return named.some((each) => typeof each === 'string' && accepted.includes(each)) ? undefined : 'jwt_aud_mismatch'
}

/** A token names its client in one of two claims; one that names two different ones has to please with both. */
function checkClient(claims: Claims, clients: readonly string[] | undefined): TokenFlaw | undefined {
  if (clients === undefined) return undefined
  const named = [claims['azp'], claims['client_id']].filter((each) => each !== undefined)
  const isListed = named.length > 0 && named.every((each) => typeof each === 'string' && clients.includes(each))
  return isListed ? undefined : 'jwt_azp_denied'
}

const MAX_SUBJECT_BYTES = 255

/** J-21. Who is not mapped from `sub` may do without, but not with a bad one. */
function checkSubject(sub: JsonValue | undefined, { fields }: TokenProfile): TokenFlaw | undefined {
  if (sub === undefined) {
    const path = fields.userId?.path
    return path?.length === 1 && path[0] === 'sub' ? 'jwt_sub_missing' : undefined
  }
  if (typeof sub !== 'string' || sub === '' || Buffer.byteLength(sub) > MAX_SUBJECT_BYTES) return 'jwt_sub_invalid'
  return /\p{Cc}/u.test(sub) || sub !== sub.trim() ? 'jwt_sub_invalid' : undefined
}
