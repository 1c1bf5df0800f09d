import { deny } from '../../domain/decision.ts'
import type { Denied } from '../../domain/decision.ts'
import type { Reason } from '../../domain/reason.ts'

/** What a token can be refused for here, and the compatible sentence for it. Nothing of the token is in them. */
const WHY = {
  jwt_malformed: 'Invalid token form',
  jwt_too_large: 'The token is too long',
  jwt_too_complex: 'The token is too complex',
  jwt_jwe_unsupported: 'Encrypted tokens are not supported',
  jwt_b64_noncanonical: 'Invalid base64url encoding',
  jwt_json: 'Invalid JSON',
  jwt_json_duplicate: 'A member occurs twice',
  jwt_json_name: 'A member has a name that is not allowed',
  jwt_alg_missing: 'The token header has no alg',
  jwt_kid_invalid: 'Invalid kid',
  jwt_crit_unsupported: 'Critical header members are not supported',
  jwt_b64_unsupported: 'The header member b64 is not supported',
  jwt_nested: 'Nested tokens are not supported',
  jwt_embedded_key: 'Keys in the token header are not allowed',
  jwt_iss_missing: 'Token is missing the "iss" claim',
  jwt_iss_type: 'Invalid issuer',
  jwt_iss_unknown: 'Invalid issuer',
  jwt_tenant_denied: 'Invalid issuer',
  jwt_provider_disabled: 'Invalid issuer',
  jwt_alg_not_allowed: 'The specified alg value is not allowed',
  jwt_alg_key_mismatch: 'The specified alg value is not allowed',
  jwt_key_unusable: 'The key of the token is not usable',
  jwt_key_ambiguous: 'The key of the token is not unique',
  jwt_sig_invalid: 'Signature verification failed',
  jwt_exp_missing: 'Token is missing the "exp" claim',
  jwt_time_type: 'A time in the token has a wrong form',
  jwt_lifetime: 'The token lives too long',
  jwt_not_yet_valid: 'The token is not yet valid (nbf)',
  jwt_iat_future: 'The token is not yet valid (iat)',
  jwt_time_inconsistent: 'The times in the token contradict each other',
  jwt_aud_missing: 'Token is missing the "aud" claim',
  jwt_aud_type: "Audience doesn't match",
  jwt_aud_mismatch: "Audience doesn't match",
  jwt_azp_denied: 'The client of the token is not allowed',
  jwt_sub_missing: 'Token is missing the "sub" claim',
  jwt_sub_invalid: 'Subject must be a string',
  jwt_type_wrong: 'The token is of a kind that is not accepted',
  jwt_cnf_unsupported: 'Tokens that are bound to a key are not accepted',
} as const satisfies Partial<Record<Reason, string>>

export type TokenFlaw = keyof typeof WHY

export function refuseToken(flaw: TokenFlaw): Denied {
  return deny('token-refused', flaw, `Authentication Error, Validation fails: ${WHY[flaw]}`)
}

/** Opaque tokens are taken, and this is none. */
export const NO_KEYS: Denied = deny(
  'token-refused',
  'jwt_iss_unknown',
  'Authentication Error, Missing JWT Public Key URL from environment.',
)

export const EXPIRED: Denied = deny('token-expired', 'jwt_expired')

/** The name is the operator's; the values are not told. */
export function refuseClaim(because: 'jwt_claim_missing' | 'jwt_claim_denied', claim: readonly string[]): Denied {
  const name = claim.join('.')
  const why = because === 'jwt_claim_missing' ? `Token is missing the "${name}" claim` : `Invalid "${name}" claim`
  return deny('token-refused', because, `Authentication Error, Validation fails: ${why}`)
}

/** Names no key that there is. */
export function refuseKid(kid: string | undefined): Denied {
  const because = kid === undefined ? 'jwt_kid_required' : 'jwt_kid_unknown'
  return deny('token-refused', because, `Authentication Error, No matching public key found. kid=${kid ?? 'None'}`)
}

export const UNAVAILABLE: Denied = deny(
  'provider-unavailable',
  'jwks_unavailable',
  "Service Unavailable, the identity provider's JWKS endpoint is temporarily unreachable, so the JWT signature could not be verified. Please retry shortly.",
)

/** The provider answered, but not with keys. `what` holds nothing of its answer but the status. */
export function refuseAnswer(what: string): Denied {
  return deny('token-refused', 'jwks_unavailable', `Authentication Error, JWT Auth: ${what}`)
}
