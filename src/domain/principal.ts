import type { Organization } from './organization.ts'
import type { UserRole } from './role.ts'
import { ROLE_WITHOUT_USER } from './role.ts'
import type { Team } from './team.ts'
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

/** The credential opens less than its holder may: routes or models that it keeps to. */
export function isNarrowed(principal: Principal): boolean {
  return principal.kind === 'virtual-key' && principal.key.allowedRoutes.length + principal.key.models.length > 0
}

/** The caller's membership in the team that the credential is of. */
export function membershipOf(principal: KeyPrincipal): TeamStanding | undefined {
  return membershipIn(principal, principal.key.teamId)
}

export function membershipIn({ standing }: KeyPrincipal, team: string | undefined): TeamStanding | undefined {
  return standing.user?.teams.find(({ teamId }) => teamId === team)
}
