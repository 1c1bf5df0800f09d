import type { Organization } from './organization.ts'
import type { UserRole } from './role.ts'
import { ROLE_WITHOUT_USER } from './role.ts'
import type { Team } from './team.ts'
import type { TokenFacts, VerifiedToken } from './token-facts.ts'
import type { TeamGround } from './token-ground.ts'
import type { TeamStanding, UserFacts } from './user.ts'
import type { VirtualKey } from './virtual-key.ts'

/**
 * Who is calling. Made in `3-identify` and nowhere else. `user`, `team-token` and `agent` join the union together with
 * the credentials that prove them.
 */
export type Principal = MasterPrincipal | KeyPrincipal

export interface MasterPrincipal {
  readonly kind: 'master'
}

export interface KeyPrincipal {
  readonly kind: 'virtual-key'
  readonly key: VirtualKey
  readonly standing: Standing
}

/** Somebody, or a team, proven by a token of an identity provider. */
export interface TokenPrincipal {
  /** `team-token`: a machine that acts for a team and is nobody. */
  readonly kind: 'user' | 'team-token'
  readonly token: VerifiedToken
  readonly facts: TokenFacts
  /** The user also where the row is still to be made. `team` is undefined while the choice is open. */
  readonly standing: Standing
  /** The caller's membership in the chosen team. */
  readonly membership: TeamStanding | undefined
  /** By what the token is an administrator's. */
  readonly admin: 'scope' | 'stored' | undefined
  /** Open until it is known which model is asked for. Undefined: the team is settled, be it that there is none. */
  readonly choice: TeamChoice | undefined
  /** Undefined: not limited. By `role_permissions`, and by `scope_mappings`. */
  readonly roleModels: readonly string[] | undefined
  readonly scopeModels: readonly string[] | undefined
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
  /** The key's own, or its team's. */
  readonly organization: Organization | undefined
  /** Models that the member may use in the team; empty: the team's. */
  readonly memberModels: readonly string[]
}

export const NOBODY: Standing = { user: undefined, team: undefined, organization: undefined, memberModels: [] }

/** The user id that the compatible API shows for whoever holds the master key. */
export const MASTER_USER_ID = 'default_user_id'

/** Stands for the master key in spend rows, where other keys show their digest. */
export const MASTER_ALIAS = 'litellm_proxy_master_key'

export function actorName(principal: Principal): string {
  switch (principal.kind) {
    case 'master':
      return MASTER_USER_ID
    case 'virtual-key':
      return principal.key.userId ?? principal.key.alias ?? principal.key.displayName
  }
}

export function roleOf(principal: Principal): UserRole {
  if (principal.kind === 'master') return 'proxy_admin'
  return principal.standing.user?.user.role ?? ROLE_WITHOUT_USER
}

/** The caller's membership in the team that the credential is of. */
export function membershipOf(principal: KeyPrincipal): TeamStanding | undefined {
  return membershipIn(principal, principal.key.teamId)
}

export function membershipIn({ standing }: KeyPrincipal, team: string | undefined): TeamStanding | undefined {
  return standing.user?.teams.find(({ teamId }) => teamId === team)
}
