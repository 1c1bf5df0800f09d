import type { IdentityProvider } from '../test/support/identity-provider.ts'

/** Longer than a run of the bench. */
export const TOKEN_SECONDS = 6 * 3600

export const CLAIMS = {
  sub: 'ada',
  email: 'ada@example.com',
  email_verified: true,
  groups: ['bench-team', 'other-team'],
  roles: ['engineer', 'reader'],
  scope: 'openid profile gateway.chat',
}

/** Each rule that a token can be held to, so that all of them are paid for. */
export function tokenSettings({ issuer, audience, jwksUrl }: IdentityProvider): object {
  return {
    user_id_jwt_field: 'sub',
    user_id_upsert: true,
    user_email_jwt_field: 'email',
    user_allowed_email_domain: 'example.com',
    team_ids_jwt_field: 'groups',
    enforce_team_based_model_access: true,
    roles_jwt_field: 'roles',
    jwt_litellm_role_map: [{ jwt_role: 'engineer', litellm_role: 'internal_user' }],
    sync_user_role_and_teams: true,
    upsert_sso_user_to_team: true,
    enforce_scope_based_access: true,
    scope_mappings: [{ scope: 'gateway.chat', models: ['bench-bench', 'bench-open'] }],
    issuers: [{ issuer, audience, jwks_url: jwksUrl }],
  }
}
