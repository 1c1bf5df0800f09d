import { bearingOf, isTokenPrincipal } from '../../domain/principal.ts'
import type { Provision } from '../../domain/provision.ts'
import type { Reason } from '../../domain/reason.ts'
import type { TokenFacts } from '../../domain/token-facts.ts'
import type { ClaimFields, TokenPolicy, TokenProfile } from '../../domain/token-settings.ts'
import { covers } from '../4-authorise/decide-route.ts'
import type { Outcome } from './run-scene.ts'
import type { Scene } from './scene.ts'

/** How a token is read, as far as that is known. */
export interface Reading {
  readonly profile: TokenProfile | undefined
  /** By an entry of `issuers`. */
  readonly isListed: boolean
}

/** By name: the settings that made the outcome what it is. */
export function decidingSettings({ settings, call }: Scene, outcome: Outcome, reading: Reading): readonly string[] {
  const { principal, proof, provisions } = outcome
  const isToken = proof === undefined || proof.kind === 'token'
  const ofReason = ofRefusal(outcome, reading)
  const names = new Set(ofReason.filter((name) => isToken || !name.startsWith('litellm_jwtauth.')))
  const bearing = principal === undefined ? undefined : bearingOf(principal)
  if (bearing !== undefined) {
    for (const name of ofFacts(bearing.facts)) names.add(name)
    if (bearing.roleModels !== undefined) names.add('general_settings.role_permissions')
    if (bearing.scopeModels !== undefined) names.add('litellm_jwtauth.scope_mappings')
  }
  if (principal?.kind === 'virtual-key' && bearing !== undefined) names.add(KEY_CLAIM)
  if (principal !== undefined && isTokenPrincipal(principal)) {
    if (principal.admin === 'scope') names.add('litellm_jwtauth.admin_jwt_scope')
    if (settings.policy !== undefined) for (const name of ofTeam(principal.facts, settings.policy)) names.add(name)
  }
  for (const { make } of provisions) for (const name of BY_EFFECT[make]) names.add(name)
  const { served, adminOnly } = settings.routes
  if (served !== undefined) names.add('general_settings.allowed_routes')
  if (adminOnly.some((entry) => covers(entry, call.route.path))) names.add('general_settings.admin_only_routes')
  return [...names].toSorted()
}

function ofRefusal({ denied, steps }: Outcome, { profile, isListed }: Reading): readonly string[] {
  if (denied === undefined) return []
  // A token without a team, where one is wanted because its claim is mapped.
  if (denied.because === 'jwt_claim_missing' && steps.at(-1)?.step === 'caller') {
    const { teamId, teamAlias } = profile?.fields ?? {}
    return [teamId, teamAlias].flatMap((field) => (field === undefined ? [] : [inTokens(field.setting)]))
  }
  const ofProfile = BY_PROFILE[denied.because]
  if (ofProfile !== undefined) return [isListed ? 'litellm_jwtauth.issuers' : ofProfile]
  return BY_REASON[denied.because] ?? []
}

/** The claims that said something. */
function ofFacts(facts: TokenFacts): readonly string[] {
  const said: Partial<Record<keyof ClaimFields, unknown>> = {
    userId: facts.subject,
    email: facts.email,
    teamId: facts.teamId,
    teamIds: facts.teamIds,
    teamAlias: facts.teamAlias,
    organizationId: facts.organizationId,
    organizationAlias: facts.organizationAlias,
    endUserId: facts.endUserId,
  }
  return Object.entries(facts.fields).flatMap(([name, field]) =>
    field !== undefined && Object.entries(said).some(([each, value]) => each === name && value !== undefined)
      ? [inTokens(field.setting)]
      : [],
  )
}

function ofTeam({ teamId, teamIds, teamAlias }: TokenFacts, policy: TokenPolicy): readonly string[] {
  const isSilent = teamId === undefined && teamIds === undefined && teamAlias === undefined
  if (!isSilent) return []
  return [
    ...(policy.defaultTeam === undefined ? [] : ['litellm_jwtauth.team_id_default']),
    ...(policy.fallsBackToStoredTeams ? ['litellm_jwtauth.fallback_to_db_teams'] : []),
  ]
}

function inTokens(name: string): string {
  return name.includes('.') ? name : `litellm_jwtauth.${name}`
}

const KEY_CLAIM = 'litellm_jwtauth.virtual_key_claim_field'
const UNREGISTERED = 'litellm_jwtauth.unregistered_jwt_client_behavior'

const BY_EFFECT: Readonly<Record<Provision['make'], readonly string[]>> = {
  user: ['litellm_jwtauth.user_id_upsert'],
  link: [],
  team: ['litellm_jwtauth.team_id_upsert'],
  membership: ['litellm_jwtauth.upsert_sso_user_to_team'],
  'no-membership': ['litellm_jwtauth.sync_user_role_and_teams'],
  key: [KEY_CLAIM, UNREGISTERED],
  role: ['litellm_jwtauth.sync_user_role_and_teams', 'litellm_jwtauth.jwt_litellm_role_map'],
}

/** For tokens of the one provider that has no entry in `issuers`. */
const BY_PROFILE: Readonly<Partial<Record<Reason, string>>> = {
  jwt_iss_unknown: 'JWT_ISSUER',
  jwt_tenant_denied: 'litellm_jwtauth.tenants',
  jwt_provider_disabled: 'litellm_jwtauth.issuers',
  jwt_aud_missing: 'JWT_AUDIENCE',
  jwt_aud_mismatch: 'JWT_AUDIENCE',
  jwt_azp_denied: 'litellm_jwtauth.allowed_clients',
  jwt_claim_missing: 'litellm_jwtauth.required_claims',
  jwt_claim_denied: 'litellm_jwtauth.required_claims',
}

const ROLES = ['litellm_jwtauth.enforce_rbac', 'general_settings.role_permissions']

const BY_REASON: Readonly<Partial<Record<Reason, readonly string[]>>> = {
  jwt_lifetime: ['litellm_jwtauth.max_token_lifetime'],
  jwt_custom_denied: ['litellm_jwtauth.custom_validate'],
  jwt_email_denied: ['litellm_jwtauth.user_allowed_email_domain'],
  jwt_role_unmapped: ['litellm_jwtauth.enforce_rbac', 'litellm_jwtauth.role_mappings'],
  jwt_role_route: ROLES,
  jwt_role_model: ROLES,
  jwt_scope_model: ['litellm_jwtauth.enforce_scope_based_access', 'litellm_jwtauth.scope_mappings'],
  jwt_admin_route: ['litellm_jwtauth.admin_allowed_routes'],
  jwt_team_route: ['litellm_jwtauth.team_allowed_routes'],
  team_required: ['litellm_jwtauth.enforce_team_based_model_access'],
  team_unknown: ['litellm_jwtauth.team_claim_fallback', 'litellm_jwtauth.team_id_upsert'],
  jwt_key_claim_missing: [KEY_CLAIM, UNREGISTERED],
  jwt_key_unmapped: [KEY_CLAIM, UNREGISTERED],
  principal_unknown: ['litellm_jwtauth.user_id_upsert'],
}
