import type { Reason } from '../../../domain/reason.ts'

/** What to do where nothing can be tried here, in a sentence. */
export function advise(reason: Reason): string {
  return ADVICE[reason] ?? 'Nothing was found that would allow it by itself. The reason says what stands against it.'
}

const NEW_TOKEN = 'Get a new token from the identity provider.'
const MALFORMED = 'This is no well-formed token. Send what the identity provider gave out, whole and unchanged.'
const AUDIENCE =
  'Ask the identity provider for a token whose audience is this gateway, or add its audience to the settings of the issuer.'

const ADVICE: Readonly<Partial<Record<Reason, string>>> = {
  cred_missing: 'Send a credential.',
  key_malformed:
    'This is no key and no token that is taken here. Send a key that begins with sk-, or a token of a provider that is set up.',
  key_checksum: 'The key is mistyped or cut off. Copy it again, whole.',
  key_unknown: 'There is no such key any more. Make a new one with /key/generate.',
  jwt_expired: `The token has ended. ${NEW_TOKEN}`,
  jwt_lifetime: 'The token is good for longer than is taken here. Have the identity provider give out shorter ones.',
  jwt_not_yet_valid: 'The token is not good yet. Compare the clocks of the identity provider and the gateway.',
  jwt_iat_future: 'The token is of the future. Compare the clocks of the identity provider and the gateway.',
  jwt_exp_missing: 'The token says no end. Have the identity provider put `exp` in.',
  jwt_sig_invalid: `The signature is not that of the issuer over this text. ${NEW_TOKEN}`,
  jwt_kid_unknown: `The issuer publishes no key of this name. ${NEW_TOKEN}`,
  jwt_kid_required: 'Have the identity provider name its keys (`kid`).',
  jwt_key_unusable: 'The key of the issuer is not fit to sign with. Have the identity provider use another one.',
  jwt_alg_not_allowed:
    'The token is signed in a way that is not taken. Have the identity provider sign with RS256 or ES256.',
  jwt_alg_key_mismatch:
    'The token is signed in another way than its key is for. Have the identity provider sign with RS256 or ES256.',
  jwks_unavailable:
    'The keys of the identity provider cannot be fetched. Try again, and see whether the gateway reaches it.',
  jwt_iss_missing: 'The token names no issuer. Tokens of nobody are not taken.',
  jwt_iss_unknown: 'The issuer is not set up here. Add it to litellm_jwtauth.issuers.',
  jwt_iss_type: MALFORMED,
  jwt_tenant_denied: 'The tenant is not among those that are set up for the issuer.',
  jwt_provider_disabled: 'The issuer is switched off in the settings.',
  jwt_aud_missing: AUDIENCE,
  jwt_aud_type: AUDIENCE,
  jwt_aud_mismatch: AUDIENCE,
  jwt_azp_denied: 'The client that the token was made for is not among those that are set up for the issuer.',
  jwt_type_wrong: 'This is a token for something else. Send the access token.',
  jwt_claim_missing: 'Have the identity provider put the claim in that the message names.',
  jwt_claim_denied: 'Have the identity provider put another value into the claim that the message names.',
  jwt_sub_missing: 'Have the identity provider put `sub` in.',
  jwt_custom_denied: "The operator's own check (litellm_jwtauth.custom_validate) refuses what the token says.",
  jwt_malformed: MALFORMED,
  jwt_b64_noncanonical: MALFORMED,
  jwt_json: MALFORMED,
  jwt_jwe_unsupported: 'The token is encrypted. Have the identity provider give out signed ones.',
  opaque_refused: `The identity provider does not vouch for the token. ${NEW_TOKEN}`,
  jwt_key_claim_missing:
    'Have the identity provider put the claim in that stands for a key (litellm_jwtauth.virtual_key_claim_field).',
  jwt_key_unmapped: 'Let the claim stand for a key with /jwt/key/mapping/new, or make one for it with /jwt_client/new.',
  price_unknown:
    'Set the price of the model, `input_cost_per_token` and `output_cost_per_token`, or ask for another one.',
  param_type: 'Correct the request as the message says.',
  param_forbidden: 'Leave out of the request what the message names.',
  http_body: 'Correct the body of the request as the message says.',
  object_denied: 'Name only objects that this gateway gave to the caller.',
  hop_loop: 'The call has passed this gateway before. Look where the address of the model leads.',
  jwt_provisioning_limit: 'Too many new users came in a short time. Try again later.',
}
