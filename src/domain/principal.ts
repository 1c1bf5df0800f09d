import type { TeamId, UserId } from './ids.ts'
import type { MappedClaim } from './key-mapping.ts'
import type { Organization } from './organization.ts'
import type { UserRole } from './role.ts'
import { ROLE_WITHOUT_USER } from './role.ts'
import type { Team } from './team.ts'
import type { TokenFacts, VerifiedToken } from './token-facts.ts'
import type { TeamGround } from './token-ground.ts'
import type { TeamStanding, UserFacts } from './user.ts'
import type { VirtualKey } from './virtual-key.ts'

/** Who is calling. Made in `3-identify` and `4-authorise` and nowhere else. `agent` joins when agents do. */
export type Principal = MasterPrincipal | KeyPrincipal | TokenPrincipal

export interface MasterPrincipal {
  readonly kind: 'master'
}

export interface KeyPrincipal {
  readonly kind: 'virtual-key'
  readonly key: VirtualKey
  readonly standing: Standing
  /** Whose token stands for the key. Undefined: the key itself was presented. */
  readonly bearer: Bearer | undefined
}

/** What a proven token brings along, whoever it makes its bearer. */
export interface Bearing {
  readonly token: VerifiedToken
  readonly facts: TokenFacts
  /** Undefined: not limited. By `role_permissions` and `team_allowed_routes`; entries as those have them. */
  readonly routes: readonly string[] | undefined
  /** The same by `role_permissions`, and by `scope_mappings`. */
  readonly roleModels: readonly string[] | undefined
  readonly scopeModels: readonly string[] | undefined
}

/** A token that a key stands in for. */
export interface Bearer extends Bearing {
  /** Whom the token names, where that is somebody here. */
  readonly user: UserFacts | undefined
}

/** Somebody, or a team, proven by a token of an identity provider. */
export interface TokenPrincipal extends Bearing {
  /** `team-token`: a machine that acts for a team and is nobody. */
  readonly kind: 'user' | 'team-token'
  /** The user also where the row is still to be made. `team` is undefined while the choice is open. */
  readonly standing: Standing
  /** The caller's membership in the chosen team. */
  readonly membership: TeamStanding | undefined
  /** By what the token is an administrator's. */
  readonly admin: 'scope' | 'stored' | undefined
  /** Open until it is known which model is asked for. Undefined: the team is settled, be it that there is none. */
  readonly choice: TeamChoice | undefined
  /** The claim for which a key is to be made, once everything else is decided. */
  readonly registers: MappedClaim | undefined
}

/** Teams between which the model that is asked for decides; not one of them, where none is there. */
export interface TeamChoice {
  readonly between: 'token' | 'memberships'
  /** In the order of the token, or as they are stored. */
  readonly teams: readonly TeamGround[]
  /** The only team that the user is stored in: it counts where none of the token's is there. */
  readonly instead: TeamGround | undefined
}

/** Who and what stands behind a credential, as the directory has it now. */
export interface Standing {
  readonly user: UserFacts | undefined
  readonly team: Team | undefined
  /** Its team's, or the key's own. */
  readonly organization: Organization | undefined
  /** Models that the member may use in the team; empty: the team's. */
  readonly memberModels: readonly string[]
}

export const NOBODY: Standing = { user: undefined, team: undefined, organization: undefined, memberModels: [] }

/** The user id that the compatible API shows for whoever holds the master key. */
export const MASTER_USER_ID = 'default_user_id'

/** Stands for the master key in spend rows, where other keys show their digest. */
export const MASTER_ALIAS = 'litellm_proxy_master_key'

/** Stands for tokens of identity providers where spend is told by key; the user and the team say whose it is. */
export const TOKEN_ALIAS = 'identity_provider_token'

export function actorName(principal: Principal): string {
  switch (principal.kind) {
    case 'master':
      return MASTER_USER_ID
    case 'virtual-key':
      return principal.key.userId ?? principal.key.alias ?? principal.key.displayName
    case 'user':
    case 'team-token':
      return principal.standing.user?.user.id ?? principal.standing.team?.id ?? principal.token.issuer
  }
}

export function roleOf(principal: Principal): UserRole {
  if (principal.kind === 'master') return 'proxy_admin'
  if (isTokenPrincipal(principal) && principal.admin !== undefined) return 'proxy_admin'
  return principal.standing.user?.user.role ?? ROLE_WITHOUT_USER
}

/** With whose rights of management the credential acts: in two hands, a key has none of its user's. */
export function managerOf(principal: Principal): UserFacts | undefined {
  if (principal.kind === 'master' || isRoleless(principal)) return undefined
  return principal.standing.user
}

export function isAdministrator(principal: Principal): boolean {
  return roleOf(principal) === 'proxy_admin' && !isRoleless(principal)
}

function isRoleless(principal: Principal): boolean {
  return keyOf(principal)?.roleless === true
}

export function isTokenPrincipal(principal: Principal): principal is TokenPrincipal {
  return principal.kind === 'user' || principal.kind === 'team-token'
}

/** The token that was presented, whether or not a key stands in for it. */
export function bearingOf(principal: Principal): Bearing | undefined {
  if (principal.kind === 'master') return undefined
  return principal.kind === 'virtual-key' ? principal.bearer : principal
}

/** The same of whoever presented it: for a key that is to stand in for the token. */
export function bearerOf(principal: Principal): Bearer | undefined {
  if (principal.kind === 'master') return undefined
  if (principal.kind === 'virtual-key') return principal.bearer
  const { token, facts, routes, roleModels, scopeModels, standing } = principal
  return { token, facts, routes, roleModels, scopeModels, user: standing.user }
}

/** The key that counts; other credentials have none. */
export function keyOf(principal: Principal): VirtualKey | undefined {
  return principal.kind === 'virtual-key' ? principal.key : undefined
}

/** The user whom the credential names, known here or not. */
export function userIdOf(principal: Principal): UserId | undefined {
  if (principal.kind === 'master') return undefined
  return principal.kind === 'virtual-key' ? principal.key.userId : principal.standing.user?.user.id
}

/** The team that the credential is of, known here or not. */
export function teamIdOf(principal: Principal): TeamId | undefined {
  if (principal.kind === 'master') return undefined
  return principal.kind === 'virtual-key' ? principal.key.teamId : principal.standing.team?.id
}

/** The caller's membership in the team that the credential is of. */
export function membershipOf(principal: KeyPrincipal | TokenPrincipal): TeamStanding | undefined {
  return membershipIn(principal, teamIdOf(principal))
}

export function membershipIn(
  { standing }: Pick<KeyPrincipal, 'standing'>,
  team: string | undefined,
): TeamStanding | undefined {
  return standing.user?.teams.find(({ teamId }) => teamId === team)
}
