import type { ClaimFields, TokenProfile, TokenRole } from './token-settings.ts'
import type { Claims } from './claims.ts'
import type { EpochMs } from './ids.ts'
import type { UserRole } from './role.ts'

/** A token that passed every check of its profile. Immutable, and the same object each time the token comes again. */
export interface VerifiedToken {
  readonly profile: TokenProfile
  /** `iss` as it came; for profiles without an issuer the claim's text or ''. */
  readonly issuer: string
  readonly claims: Claims
  /** Lower-case hex SHA-256 of the whole token. */
  readonly digest: string
  /** The same of what is signed of it, by which it is revoked (`signedText`); empty where there is no text. */
  readonly signedDigest: string
  readonly expiresAt: EpochMs | undefined
  readonly via: 'jwt' | 'userinfo' | 'introspection'
}

/** Who somebody is at a provider. */
export interface IdentityLink {
  readonly issuer: string
  readonly subject: string
}

/** What a token says, typed; made once per token. Absent, null and empty are all `undefined` here. */
export interface TokenFacts {
  readonly issuer: string
  readonly fields: ClaimFields
  /** The user id claim, or the e-mail where that stands in for it. Not yet anybody here. */
  readonly subject: string | undefined
  readonly email: string | undefined
  /** The provider vouches for the mailbox, or decides about its domain. */
  readonly emailIsProven: boolean
  /** Undefined: no domain rule. */
  readonly domainIsAllowed: boolean | undefined
  /** The singular claim, its first element, or the object id of a team; without the default. */
  readonly teamId: string | undefined
  /** `teamId` is the object id, which stands for no group: nobody becomes a member by it. */
  readonly isObjectTeam: boolean
  /** In token order. Undefined: the claim is absent, which changes nothing; [] is a present, empty claim. */
  readonly teamIds: readonly string[] | undefined
  /** The plural claim is a bare text: no teams, and none of those that are stored instead. */
  readonly hasTeamText: boolean
  readonly teamAlias: string | undefined
  readonly organizationId: string | undefined
  readonly organizationAlias: string | undefined
  readonly endUserId: string | undefined
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly isScopeAdmin: boolean
  /** What the token is for `enforce_rbac` and `role_permissions`. */
  readonly tokenRole: TokenRole | undefined
  /** The stored role that `jwt_litellm_role_map` gives. */
  readonly mappedRole: UserRole | undefined
}
