import type { Claims, ClaimPath } from './claims.ts'
import type { UserRole } from './role.ts'

/** What the operator decided about tokens of identity providers. */
export interface TokenSettings {
  /** Tried by the exact `iss` of a token. No two have the same issuer. */
  readonly issuers: readonly TokenProfile[]
  /** `JWT_PUBLIC_KEY_URL` with `JWT_AUDIENCE` and `JWT_ISSUER`: for tokens of no listed issuer, where that is allowed. */
  readonly shared: TokenProfile | undefined
  readonly userInfo: UserInfoSettings | undefined
  readonly introspection: IntrospectionSettings | undefined
  /** `public_key_ttl`: how long a fetched key set is good for. */
  readonly keyTtlSeconds: number
  /** `public_key_stale_ttl`: how much longer its keys are used while the provider gives no new ones. */
  readonly keyStaleSeconds: number
  readonly policy: TokenPolicy
}

export type SigningAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'

/** How tokens of one origin are verified and read. Built and checked at the start; a request can't influence it. */
export interface TokenProfile {
  /** Names the profile in logs, caches and links: the issuer, or `shared`. */
  readonly id: string
  /** Code unit for code unit; undefined: any (only in `shared`, by an explicit opt-in or with an audience). */
  readonly issuer: string | undefined
  /** One of them; undefined: not checked, by an explicit opt-out. */
  readonly audiences: readonly string[] | undefined
  /** Asked in this order; the first that has the key is final. */
  readonly keys: readonly KeySource[]
  /** Multi-tenant directories: `issuer` holds `{tenantid}`, and the tenant claim must be one of these. */
  readonly tenants: { readonly claim: string; readonly ids: readonly string[] } | undefined
  readonly algorithms: readonly SigningAlgorithm[]
  readonly isDisabled: boolean
  /** `typ` must be `at+jwt`. */
  readonly requiresTyp: boolean
  readonly acceptsIdTokens: boolean
  readonly requiresExp: boolean
  readonly leewaySeconds: number
  readonly maxLifetimeSeconds: number
  readonly maxTokenBytes: number
  /** `azp` or `client_id` must be one of these; undefined: not checked. */
  readonly clients: readonly string[] | undefined
  readonly conditions: readonly ClaimCondition[]
  readonly fields: ClaimFields
  /** Domains whose mailboxes this issuer decides about: its e-mail claims are believed there without `email_verified`. */
  readonly emailDomains: readonly string[]
  /** Of the only provider there is, the domain of `user_allowed_email_domain`: believed where the token says nothing else. */
  readonly presumedEmailDomain: string | undefined
  /** An exact user id may lead to an administrator who has no link yet. True for the only issuer there is. */
  readonly trustsUserIds: boolean
  /** Its scopes and roles may say that somebody is an administrator. */
  readonly mayAdminister: boolean
}

export type KeySource =
  | { readonly kind: 'jwks'; readonly url: string }
  | { readonly kind: 'discovery'; readonly url: string; readonly hosts: readonly string[] }
  | { readonly kind: 'pem'; readonly pem: string }

export type ClaimCondition = { readonly claim: ClaimPath } & (
  | { readonly is: 'present' }
  | { readonly is: 'equals'; readonly value: string | number | boolean }
  | { readonly is: 'one-of'; readonly values: readonly (string | number | boolean)[] }
  | { readonly is: 'contains'; readonly value: string }
)

/** Where a datum stands in a token, each with the setting that says so, for messages. */
export interface ClaimField {
  readonly path: ClaimPath
  /** As the operator wrote it. */
  readonly text: string
  /** `user_id_jwt_field`, … */
  readonly setting: string
  /** A place by default: nobody said that every token has it. */
  readonly isOptional?: true
}

export interface ClaimFields {
  readonly userId: ClaimField | undefined
  readonly email: ClaimField | undefined
  readonly teamId: ClaimField | undefined
  readonly teamIds: ClaimField | undefined
  readonly teamAlias: ClaimField | undefined
  readonly organizationId: ClaimField | undefined
  readonly organizationAlias: ClaimField | undefined
  readonly endUserId: ClaimField | undefined
  readonly objectId: ClaimField | undefined
  readonly roles: ClaimField | undefined
  readonly allowedRoles: ClaimField | undefined
}

export interface UserInfoSettings {
  readonly url: string
  readonly ttlSeconds: number
  /** The profile by which its answer is read and its subject is linked. */
  readonly profile: TokenProfile
}

/** RFC 7662, for opaque tokens and for those that a routing override names. */
export interface IntrospectionSettings {
  readonly url: string
  readonly clientId: string | undefined
  readonly clientSecret: { reveal(): string } | undefined
  readonly userId: ClaimPath
  readonly role: ClaimPath
  readonly teamId: ClaimPath
  readonly audiences: readonly string[] | undefined
  readonly overrides: readonly RoutingOverride[]
  /** `enable_oauth2_auth`: opaque tokens too. */
  readonly takesOpaque: boolean
  readonly profile: TokenProfile
}

/** Patterns with `*` and `?`; every selector that is given must match. */
export interface RoutingOverride {
  readonly iss: readonly string[]
  readonly clientId: readonly string[] | undefined
  readonly scope: readonly string[] | undefined
  readonly aud: readonly string[] | undefined
}

/** What a token itself may be. */
export type TokenRole = 'proxy_admin' | 'team' | 'internal_user'

export interface TokenPolicy {
  readonly adminScope: string
  /** For administrators by scope and, unless exempt, for stored ones who come with a token. */
  readonly adminRoutes: readonly string[]
  readonly exemptsStoredAdmins: boolean
  readonly emailDomain: string | undefined
  readonly createsUsers: boolean
  readonly allowedRoles: readonly string[] | undefined
  readonly defaultTeam: string | undefined
  readonly createsTeams: boolean
  readonly teamRoutes: readonly string[]
  /** `upsert_sso_user_to_team`: a team taken from a claim becomes a membership. */
  readonly writesMemberships: boolean
  /** `enforce_team_based_model_access`. */
  readonly needsTeam: boolean
  readonly claimedTeamsAreAdvice: boolean
  readonly fallsBackToStoredTeams: boolean
  readonly roleMappings: readonly { readonly role: string; readonly tokenRole: TokenRole }[]
  readonly enforcesRoles: boolean
  /** Undefined: scopes don't limit models. */
  readonly scopeMappings:
    | readonly {
        readonly scope: string
        readonly models: readonly string[]
        readonly routes: readonly string[] | undefined
      }[]
    | undefined
  readonly roleMap: readonly { readonly tokenRole: string; readonly isGlob: boolean; readonly role: UserRole }[]
  readonly syncs: boolean
  /** With `syncs`: what a user becomes whose token maps to no role; undefined: stays. */
  readonly floorRole: UserRole | undefined
  readonly rolePermissions: readonly RolePermission[]
  /** `general_settings.enforce_rbac`: neither user nor team is refused. */
  readonly needsSomebody: boolean
  /** Undefined: tokens stand for no keys. */
  readonly keyMapping: KeyMappingPolicy | undefined
  /** From the operator's own module; anything but `true` refuses. */
  readonly customValidate: ((claims: Claims) => unknown) | undefined
}

/** The claim that stands for a virtual key, and what becomes of tokens whose claim stands for none. */
export interface KeyMappingPolicy {
  readonly field: ClaimField
  /** `fallback`: they are judged by themselves; `register`: so too, and then get a key of their own. */
  readonly unregistered: 'fallback' | 'reject' | 'register'
  /** The longest that an answer about a mapping may be remembered. */
  readonly ttlSeconds: number
}

export interface RolePermission {
  readonly role: TokenRole
  readonly models: readonly string[] | undefined
  readonly routes: readonly string[] | undefined
}
