import { claimField } from './claim-field.ts'
import { MAPPING } from './read-key-mapping.ts'
import { CHECK, FIELD, ORIGIN } from './known-token-origins.ts'
import { roleMap, roleMappings, routingOverrides, scopeMappings } from './known-token-lists.ts'
import { aRole, anEmailDomain, aScope, exactText, routes } from './token-readers.ts'
import { honour } from '../key-table.ts'
import type { KeyTable } from '../key-table.ts'
import { aFlag, aJsonObject, aNumber, aText, listOf } from '../readers.ts'
import { aProviderUrl } from './url-readers.ts'

const WEEK_SECONDS = 7 * 86_400

/** What `litellm_jwtauth` can say. */
export const JWT = {
  adminScope: honour(
    'admin_jwt_scope',
    aScope,
    'The scope that makes an administrator. Default `litellm_proxy_admin`.',
  ),
  adminRoutes: honour(
    'admin_allowed_routes',
    routes,
    'Routes and groups of routes for administrators who come with a token. Default management, spend and info routes.',
  ),
  exemptsStoredAdmins: honour(
    'exempt_stored_admins',
    aFlag,
    'Latchkey: admin_allowed_routes hold for administrators by scope only, not for those by stored role. Default false.',
  ),
  ...FIELD,
  teamAlias: claimField('team_alias_jwt_field', 'Claim with the alias of a team.'),
  organizationAlias: claimField('org_alias_jwt_field', 'Claim with the alias of an organisation.'),
  objectId: claimField('object_id_jwt_field', 'Claim with the id of a team or a user; role_mappings say which.'),
  roles: claimField('roles_jwt_field', 'Claim with the roles for role_mappings and jwt_litellm_role_map.'),
  userRoles: claimField('user_roles_jwt_field', 'Claim with the roles for user_allowed_roles.'),
  allowedRoles: honour('user_allowed_roles', listOf(exactText), 'Roles whose bearers are internal users.'),
  emailDomain: honour('user_allowed_email_domain', anEmailDomain, 'Users must have a mailbox in this domain.'),
  createsUsers: honour('user_id_upsert', aFlag, 'Users who are not known yet are made. Default false.'),
  defaultTeam: honour('team_id_default', exactText, 'The team where the team claim is absent.'),
  createsTeams: honour('team_id_upsert', aFlag, 'Teams that are not known yet are made. Default false.'),
  teamRoutes: honour(
    'team_allowed_routes',
    routes,
    'Routes and groups of routes for whoever comes with a token and has a team, administrators excepted. Default models, info and MCP routes.',
  ),
  writesMemberships: honour(
    'upsert_sso_user_to_team',
    aFlag,
    'Who comes with a team in a claim becomes a member of it. Default false.',
  ),
  needsTeam: honour('enforce_team_based_model_access', aFlag, 'Tokens without a team are refused. Default false.'),
  claimedTeamsAreAdvice: honour(
    'team_claim_fallback',
    aFlag,
    'A claimed team that does not exist is passed over. Default false.',
  ),
  fallsBackToStoredTeams: honour(
    'fallback_to_db_teams',
    aFlag,
    'A token without a team may use the stored teams of its user. Default false.',
  ),
  roleMappings: honour('role_mappings', roleMappings, 'What tokens with a role are. See below.'),
  enforcesRoles: honour('enforce_rbac', aFlag, 'Tokens must be of an administrator, a team or a user. Default false.'),
  scopeMappings: honour('scope_mappings', scopeMappings, 'Models by scope. See below.'),
  enforcesScopes: honour('enforce_scope_based_access', aFlag, 'scope_mappings count. Default false.'),
  roleMap: honour(
    'jwt_litellm_role_map',
    roleMap,
    'Stored roles by roles of tokens; the first that matches. See below.',
  ),
  syncs: honour('sync_user_role_and_teams', aFlag, 'Stored role and memberships follow the token. Default false.'),
  floorRole: honour(
    'sync_floor_role',
    aRole('internal_user', 'internal_user_viewer'),
    'Latchkey: what a user becomes whose token has no role of jwt_litellm_role_map. Default: stays as is.',
  ),
  customValidate: honour(
    'custom_validate',
    aText,
    'Path of an ES module, relative to this file; its default export gets the claims, and anything but true refuses.',
  ),
  keyTtl: honour('public_key_ttl', aNumber(0, WEEK_SECONDS), 'Seconds that keys of a provider are kept. Default 300.'),
  keyStale: honour(
    'public_key_stale_ttl',
    aNumber(0, WEEK_SECONDS),
    'Seconds after which kept keys are no longer used while the provider is unreachable. Default 3600; 0: at once.',
  ),
  userInfoEnabled: honour('oidc_userinfo_enabled', aFlag, 'Opaque tokens are shown to the provider. Default false.'),
  userInfoEndpoint: honour('oidc_userinfo_endpoint', aProviderUrl, 'Where they are shown.'),
  userInfoTtl: honour(
    'oidc_userinfo_cache_ttl',
    aNumber(0, 3600),
    'Seconds that its answer is kept, 60 at most. Default 60.',
  ),
  routingOverrides: honour('routing_overrides', routingOverrides, 'Tokens that are introspected. See below.'),
  issuers: honour(
    'issuers',
    listOf(aJsonObject),
    'Identity providers, each with audience, keys and claims. See below.',
  ),
  fallsThrough: honour(
    'issuers_allow_fallthrough',
    aFlag,
    'Latchkey: with issuers, tokens of others may still pass by JWT_PUBLIC_KEY_URL. Default false.',
  ),
  allowsUnscoped: honour(
    'allow_unscoped_tokens',
    aFlag,
    'Latchkey: JWT_PUBLIC_KEY_URL may do without JWT_AUDIENCE and JWT_ISSUER; tokens made for any application pass. Default false.',
  ),
  ...MAPPING,
  ...CHECK,
  ...ORIGIN,
}

export const JWT_AUTH_TABLE: KeyTable = {
  section: 'general_settings.litellm_jwtauth',
  honoured: Object.values(JWT),
  moot: {
    public_allowed_routes: 'which routes need no credential is fixed, and no setting opens another one.',
  },
  unsupported: {
    agent_id_jwt_field: 'agents are not in this version.',
    team_jwt_scope: 'a scope makes nobody a team; name the claim with the team in team_id_jwt_field.',
  },
}
