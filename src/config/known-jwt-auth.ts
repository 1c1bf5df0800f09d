import type { KeyTable } from './key-table.ts'

const NOT_YET = 'authentication by tokens of an identity provider is not in this version; use virtual keys.'

function notYet(...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, NOT_YET]))
}

/** Known, so that a file prepared for it is checked for mistakes; refused once `enable_jwt_auth` is true. */
export const JWT_AUTH_TABLE: KeyTable = {
  section: 'general_settings.litellm_jwtauth',
  honoured: [],
  moot: {},
  unsupported: notYet(
    'admin_jwt_scope',
    'admin_allowed_routes',
    'user_id_jwt_field',
    'user_email_jwt_field',
    'user_allowed_email_domain',
    'user_id_upsert',
    'user_roles_jwt_field',
    'user_allowed_roles',
    'team_id_jwt_field',
    'team_ids_jwt_field',
    'team_alias_jwt_field',
    'team_id_default',
    'team_id_upsert',
    'team_allowed_routes',
    'upsert_sso_user_to_team',
    'enforce_team_based_model_access',
    'team_claim_fallback',
    'fallback_to_db_teams',
    'org_id_jwt_field',
    'org_alias_jwt_field',
    'end_user_id_jwt_field',
    'object_id_jwt_field',
    'roles_jwt_field',
    'role_mappings',
    'enforce_rbac',
    'scope_mappings',
    'enforce_scope_based_access',
    'jwt_litellm_role_map',
    'sync_user_role_and_teams',
    'custom_validate',
    'public_key_ttl',
    'public_key_stale_ttl',
    'public_allowed_routes',
    'oidc_userinfo_enabled',
    'oidc_userinfo_endpoint',
    'oidc_userinfo_cache_ttl',
    'virtual_key_claim_field',
    'virtual_key_mapping_cache_ttl',
    'unregistered_jwt_client_behavior',
    'routing_overrides',
    'issuers',
    'agent_id_jwt_field',
    'jwt_client_id_field',
  ),
}

const JWT_ISSUER_TABLE: KeyTable = {
  section: 'general_settings.litellm_jwtauth.issuers[]',
  honoured: [],
  moot: {},
  unsupported: notYet(
    'issuer',
    'audience',
    'disable_audience_validation',
    'jwks_url',
    'user_id_jwt_field',
    'user_email_jwt_field',
    'team_id_jwt_field',
    'team_ids_jwt_field',
    'org_id_jwt_field',
    'end_user_id_jwt_field',
  ),
}

const JWT_ROUTING_TABLE: KeyTable = {
  section: 'general_settings.litellm_jwtauth.routing_overrides[]',
  honoured: [],
  moot: {},
  unsupported: notYet('iss', 'client_id', 'scope', 'aud', 'path'),
}

/** What the members of these lists are called. */
export const JWT_MEMBER_TABLES: ReadonlyMap<string, KeyTable> = new Map([
  ['issuers', JWT_ISSUER_TABLE],
  ['routing_overrides', JWT_ROUTING_TABLE],
  ['role_mappings', members('role_mappings', 'role', 'internal_role')],
  ['scope_mappings', members('scope_mappings', 'scope', 'models', 'routes')],
  ['jwt_litellm_role_map', members('jwt_litellm_role_map', 'jwt_role', 'litellm_role')],
])

function members(name: string, ...names: readonly string[]): KeyTable {
  return {
    section: `general_settings.litellm_jwtauth.${name}[]`,
    honoured: [],
    moot: {},
    unsupported: notYet(...names),
  }
}
