import { claimField } from './claim-field.ts'
import { aCondition } from './claim-condition.ts'
import { aPublicKey } from './public-key-reader.ts'
import { anAlgorithm, anEmailDomain, aTokenSize, exactText, someOf, someTexts } from './token-readers.ts'
import { aHost, aProviderUrl } from './url-readers.ts'
import { honour } from '../key-table.ts'
import type { KeyTable } from '../key-table.ts'
import { aFlag, aWholeNumber, listOf } from '../readers.ts'

const YEAR_SECONDS = 366 * 86_400

/** Claim paths that each issuer may have of its own. */
export const FIELD = {
  userId: claimField('user_id_jwt_field', 'Claim with the id of the user. Without it the e-mail address is the id.'),
  email: claimField('user_email_jwt_field', 'Claim with the e-mail address of the user.'),
  teamId: claimField('team_id_jwt_field', 'Claim with the team; of a list the first counts. Makes a team mandatory.'),
  teamIds: claimField('team_ids_jwt_field', 'Claim with a list of teams.'),
  organizationId: claimField('org_id_jwt_field', 'Claim with the organisation.'),
  endUserId: claimField('end_user_id_jwt_field', 'Claim with the end user; wins over what the request says.'),
}

/** Checks of every token. At the top for all; an issuer may say otherwise. */
export const CHECK = {
  algorithms: honour(
    'algorithms',
    someOf(listOf(anAlgorithm)),
    'Latchkey: signatures that are accepted. Default RS, PS and ES with 256, 384 and 512, and EdDSA.',
  ),
  requiresTyp: honour('require_typ', aFlag, 'Latchkey: tokens must be marked as at+jwt. Default false.'),
  maxLifetime: honour(
    'max_token_lifetime',
    aWholeNumber(1, YEAR_SECONDS),
    'Latchkey: seconds that a token may be valid for. Default 86400.',
  ),
  maxBytes: honour('max_token_bytes', aTokenSize, 'Latchkey: largest token. Default 12288.'),
  leeway: honour(
    'jwt_leeway_seconds',
    aWholeNumber(0, 60),
    'Latchkey: how far the clocks of provider and gateway may be apart. Default 30.',
  ),
}

/** What is true of one provider only. At the top: of the keys of JWT_PUBLIC_KEY_URL, of userinfo and introspection. */
export const ORIGIN = {
  acceptsIdTokens: honour('accept_id_tokens', aFlag, 'Latchkey: ID tokens are taken as well. Default false.'),
  allowsWithoutExp: honour('allow_tokens_without_exp', aFlag, 'Latchkey: tokens that never end pass. Default false.'),
  clients: honour('allowed_clients', someTexts, 'Latchkey: azp or client_id must be one of these.'),
  conditions: honour('required_claims', listOf(aCondition), 'Latchkey: what else must be true. See below.'),
  emailDomains: honour(
    'authoritative_email_domains',
    listOf(anEmailDomain),
    'Latchkey: domains whose addresses are believed without email_verified.',
  ),
  trustsUserIds: honour(
    'trust_user_ids',
    aFlag,
    'Latchkey: an equal user id may lead to an administrator who has not come before. Default true for the only provider there is.',
  ),
  mayAdminister: honour(
    'may_administer',
    aFlag,
    'Latchkey: whether its tokens make administrators, by admin_jwt_scope and jwt_litellm_role_map. Default true.',
  ),
  keyHosts: honour(
    'jwks_hosts',
    listOf(aHost),
    'Latchkey: more hosts that a discovery document may name for its keys.',
  ),
}

export const ISSUER = {
  issuer: honour('issuer', exactText, 'Equal to the claim iss, to the letter.'),
  audience: honour('audience', someTexts, 'One of them must be in the claim aud.'),
  disablesAudience: honour(
    'disable_audience_validation',
    aFlag,
    'In place of audience: tokens made for other applications pass too. Warned of at every start.',
  ),
  jwksUrl: honour('jwks_url', aProviderUrl, 'Its key set or discovery document. Default: discovery at the issuer.'),
  publicKey: honour('public_key_pem', aPublicKey, 'Latchkey: its one key, or a certificate, in place of an address.'),
  isDisabled: honour('disabled', aFlag, 'Latchkey: its tokens are refused. Default false.'),
  tenants: honour('tenants', someTexts, 'Latchkey: tenants of an issuer that holds {tenantid}.'),
  tenantClaim: honour('tenant_claim', exactText, 'Latchkey: the claim with the tenant. Default tid.'),
  ...FIELD,
  inheritsFields: honour(
    'inherit_global_fields',
    aFlag,
    'Latchkey: claim fields that are not named here are those of litellm_jwtauth. Default: only where none is named.',
  ),
  ...CHECK,
  ...ORIGIN,
}

export const ISSUER_TABLE: KeyTable = {
  section: 'general_settings.litellm_jwtauth.issuers[]',
  honoured: Object.values(ISSUER),
  moot: {},
  unsupported: {},
}
