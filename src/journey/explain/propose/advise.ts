import type { Reason } from '../../../domain/reason.ts'

/** What to do where nothing can be tried here, in a sentence. */
export function advise(reason: Reason): string {
  return ADVICE[reason] ?? 'Nothing was found that would allow it by itself. The reason says what stands against it.'
}

type TokenReason = Extract<Reason, `jwt_${string}`>

const NEW_TOKEN = 'Get a new token from the identity provider.'
const MALFORMED = 'This is no well-formed token. Send what the identity provider gave out, whole and unchanged.'
const FOREIGN = 'No usual identity provider gives out such a token. Have it give out plain signed access tokens.'
const AUDIENCE =
  'Ask the identity provider for a token whose audience is this gateway, or add its audience to the settings of the issuer.'
const CLOCKS = 'Compare the clocks of the identity provider and the gateway.'
const SIGN = 'Have the identity provider sign with RS256 or ES256.'
const RIGHTS = 'Ask the operator for a role, a scope or a team that carries it.'

/** Every one of them: whoever is refused with a token often cannot look into it. */
const OF_TOKENS: Readonly<Record<TokenReason, string>> = {
  jwt_malformed: MALFORMED,
  jwt_too_large: 'The token is too long. Have the identity provider put less into it, groups first.',
  jwt_too_complex: 'The token says too much. Have the identity provider put less into it, groups first.',
  jwt_jwe_unsupported: 'The token is encrypted. Have the identity provider give out signed ones.',
  jwt_b64_noncanonical: MALFORMED,
  jwt_json: MALFORMED,
  jwt_json_duplicate: FOREIGN,
  jwt_json_name: FOREIGN,
  jwt_alg_missing: FOREIGN,
  jwt_kid_invalid: FOREIGN,
  jwt_crit_unsupported: FOREIGN,
  jwt_b64_unsupported: FOREIGN,
  jwt_nested: FOREIGN,
  jwt_embedded_key: FOREIGN,
  jwt_iss_missing: 'The token names no issuer. Tokens of nobody are not taken.',
  jwt_iss_type: MALFORMED,
  jwt_iss_unknown: 'The issuer is not set up here. Add it to litellm_jwtauth.issuers, to the letter.',
  jwt_tenant_denied: 'The tenant is not among those that are set up for the issuer.',
  jwt_provider_disabled: 'The issuer is switched off in the settings.',
  jwt_alg_not_allowed: `The token is signed in a way that is not taken. ${SIGN}`,
  jwt_alg_key_mismatch: `The token is signed in another way than its key is for. ${SIGN}`,
  jwt_key_unusable: 'The key of the issuer is not fit to sign with. Have the identity provider use another one.',
  jwt_kid_unknown: `The issuer publishes no key of this name. ${NEW_TOKEN}`,
  jwt_key_ambiguous: 'The issuer publishes two keys of one name. Have the identity provider rename one.',
  jwt_kid_required: 'Have the identity provider name its keys (`kid`).',
  jwt_sig_invalid: `The signature is not that of the issuer over this text. ${NEW_TOKEN}`,
  jwt_exp_missing: 'The token says no end. Have the identity provider put `exp` in.',
  jwt_time_type: 'Have the identity provider write times as numbers of seconds.',
  jwt_expired: `The token has ended. ${NEW_TOKEN}`,
  jwt_lifetime: 'The token is good for longer than is taken here. Have the identity provider give out shorter ones.',
  jwt_not_yet_valid: `The token is not good yet. ${CLOCKS}`,
  jwt_iat_future: `The token is of the future. ${CLOCKS}`,
  jwt_iat_missing: 'Have the identity provider put `iat` in.',
  jwt_time_inconsistent: `The token ends before it begins. ${NEW_TOKEN}`,
  jwt_aud_missing: AUDIENCE,
  jwt_aud_type: AUDIENCE,
  jwt_aud_mismatch: AUDIENCE,
  jwt_azp_denied: 'The client that the token was made for is not among those that are set up for the issuer.',
  jwt_sub_missing: 'Have the identity provider put `sub` in.',
  jwt_sub_invalid: 'Have the identity provider name the user by a plain text.',
  jwt_type_wrong: 'This is a token for something else. Send the access token.',
  jwt_cnf_unsupported: 'The token is bound to a key. Ask the identity provider for a bearer token.',
  jwt_revoked: `Somebody took the token back. ${NEW_TOKEN}`,
  jwt_claim_missing: 'Have the identity provider put the claim in that the message names.',
  jwt_claim_denied: 'Have the identity provider put another value into the claim that the message names.',
  jwt_claim_type: 'Have the identity provider put a text into the claim that the message names.',
  jwt_role_unmapped: RIGHTS,
  jwt_scope_model: RIGHTS,
  jwt_role_model: RIGHTS,
  jwt_role_route: RIGHTS,
  jwt_admin_route:
    'Call it as somebody who is no administrator, or add the route to litellm_jwtauth.admin_allowed_routes.',
  jwt_team_route: 'Call it without a team, or add the route to litellm_jwtauth.team_allowed_routes.',
  jwt_email_denied: 'Come with an address of the domain that the message names.',
  jwt_email_ambiguous: 'Several users have this address. Merge them: GET /user/merge/candidates shows how.',
  jwt_custom_denied: "The operator's own check (litellm_jwtauth.custom_validate) refuses what the token says.",
  jwt_key_claim_missing:
    'Have the identity provider put the claim in that stands for a key (litellm_jwtauth.virtual_key_claim_field).',
  jwt_key_unmapped: 'Let the claim stand for a key with /jwt/key/mapping/new, or make one for it with /jwt_client/new.',
  jwt_registration_lost: 'The key that the token was given went away in the same moment. Try again.',
  jwt_provisioning_limit: 'Too many new users came in a short time. Try again later.',
}

const ADVICE: Readonly<Partial<Record<Reason, string>>> = {
  ...OF_TOKENS,
  cred_missing: 'Send a credential.',
  cred_location: 'Send the credential in a header.',
  key_malformed:
    'This is no key and no token that is taken here. Send a key that begins with sk-, or a token of a provider that is set up.',
  key_checksum: 'The key is mistyped or cut off. Copy it again, whole.',
  key_unknown: 'There is no such key any more. Make a new one with /key/generate.',
  jwks_unavailable:
    'The keys of the identity provider cannot be fetched. Try again, and see whether the gateway reaches it.',
  opaque_refused: `The identity provider does not vouch for the token. ${NEW_TOKEN}`,
  principal_blocked: 'Somebody was blocked or deleted on purpose. Ask the operator.',
  authz_role: RIGHTS,
  model_denied: RIGHTS,
  model_unknown: 'Ask for a model that GET /v1/models lists.',
  budget_exceeded: 'Wait until the budget starts anew, or have it raised.',
  rate_limited: 'Wait until the time that the message names, or have the limit raised.',
  tool_denied: 'Leave out the tools that the message names, or have them added to `metadata.allowed_tools`.',
  price_unknown:
    'Set the price of the model, `input_cost_per_token` and `output_cost_per_token`, or ask for another one.',
  param_type: 'Correct the request as the message says.',
  param_forbidden: 'Leave out of the request what the message names.',
  http_body: 'Correct the body of the request as the message says.',
  object_denied: 'Name only objects that this gateway gave to the caller.',
  hop_loop: 'The call has passed this gateway before. Look where the address of the model leads.',
}
