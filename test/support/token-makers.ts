import type { Claims } from '../../src/domain/claims.ts'
import type { TokenFacts, VerifiedToken } from '../../src/domain/token-facts.ts'
import type { ClaimField, ClaimFields, TokenPolicy, TokenProfile } from '../../src/domain/token-settings.ts'
import { readTokenFacts } from '../../src/journey/3-identify/read-token-facts.ts'

export const ISSUER = 'https://id.example'

const SETTINGS: Readonly<Record<keyof ClaimFields, string>> = {
  userId: 'user_id_jwt_field',
  email: 'user_email_jwt_field',
  teamId: 'team_id_jwt_field',
  teamIds: 'team_ids_jwt_field',
  teamAlias: 'team_alias_jwt_field',
  organizationId: 'org_id_jwt_field',
  organizationAlias: 'org_alias_jwt_field',
  endUserId: 'end_user_id_jwt_field',
  objectId: 'object_id_jwt_field',
  roles: 'roles_jwt_field',
  allowedRoles: 'user_roles_jwt_field',
}

export type FieldTexts = Partial<Record<keyof ClaimFields, string>>

/** Fields as an operator writes them; those that are not given are not set. */
export function makeFields(texts: FieldTexts): ClaimFields {
  const field = (name: keyof ClaimFields): ClaimField | undefined => {
    const text = texts[name]
    const path = text?.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.'))
    return text === undefined || path === undefined ? undefined : { path, text, setting: SETTINGS[name] }
  }
  return {
    userId: field('userId'),
    email: field('email'),
    teamId: field('teamId'),
    teamIds: field('teamIds'),
    teamAlias: field('teamAlias'),
    organizationId: field('organizationId'),
    organizationAlias: field('organizationAlias'),
    endUserId: field('endUserId'),
    objectId: field('objectId'),
    roles: field('roles'),
    allowedRoles: field('allowedRoles'),
  }
}

export function makeProfile(fields: FieldTexts, overrides: Partial<TokenProfile> = {}): TokenProfile {
  return {
    id: ISSUER,
    issuer: ISSUER,
    audiences: ['gw'],
    keys: [],
    tenants: undefined,
    algorithms: ['RS256'],
    isDisabled: false,
    requiresTyp: false,
    acceptsIdTokens: false,
    requiresExp: true,
    leewaySeconds: 30,
    maxLifetimeSeconds: 86_400,
    maxTokenBytes: 12_288,
    clients: undefined,
    conditions: [],
    fields: makeFields(fields),
    emailDomains: [],
    trustsUserIds: true,
    ...overrides,
  }
}

/** What the operator gets who decides nothing. */
export function makePolicy(overrides: Partial<TokenPolicy> = {}): TokenPolicy {
  return {
    adminScope: 'litellm_proxy_admin',
    adminRoutes: ['management_routes', 'spend_tracking_routes', 'global_spend_tracking_routes', 'info_routes'],
    exemptsStoredAdmins: false,
    emailDomain: undefined,
    createsUsers: false,
    allowedRoles: undefined,
    defaultTeam: undefined,
    createsTeams: false,
    teamRoutes: ['openai_routes', 'info_routes'],
    writesMemberships: false,
    needsTeam: false,
    claimedTeamsAreAdvice: false,
    fallsBackToStoredTeams: false,
    roleMappings: [],
    enforcesRoles: false,
    scopeMappings: undefined,
    roleMap: [],
    syncs: false,
    floorRole: undefined,
    rolePermissions: [],
    needsSomebody: false,
    customValidate: undefined,
    ...overrides,
  }
}

export function makeToken(claims: Claims, profile: TokenProfile): VerifiedToken {
  return {
    profile,
    issuer: profile.issuer ?? '',
    claims,
    digest: '0'.repeat(64),
    expiresAt: undefined,
    via: 'jwt',
  }
}

/** For tokens that are expected to be readable. */
export function factsOf(token: VerifiedToken, policy: TokenPolicy): TokenFacts {
  const facts = readTokenFacts(token, policy)
  if (facts.verdict === 'deny') throw new Error(facts.say)
  return facts.granted
}
