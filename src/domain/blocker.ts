import type { Principal } from './principal.ts'
import { roleOf } from './principal.ts'
import type { Blocker } from './role.ts'

const RANK: Readonly<Record<Blocker, number>> = {
  proxy_admin: 3,
  org_admin: 2,
  team_admin: 1,
  internal_user: 0,
  proxy_admin_viewer: 0,
  internal_user_viewer: 0,
}

interface Place {
  readonly teamId: string | undefined
  readonly organizationId: string | undefined
}

/** The strongest right that the caller has over things in this place. */
export function blockerOf(principal: Principal, place: Place): Blocker {
  if (principal.kind === 'master') return 'proxy_admin'
  const role = roleOf(principal)
  if (role === 'proxy_admin') return role
  const { user } = principal.standing
  const isOrgAdmin = user?.organizations.some(
    (membership) => membership.organizationId === place.organizationId && membership.role === 'org_admin',
  )
  if (isOrgAdmin === true) return 'org_admin'
  const isTeamAdmin = user?.teams.some(
    (membership) => membership.teamId === place.teamId && membership.role === 'admin',
  )
  return isTeamAdmin === true ? 'team_admin' : role
}

/** Z-20: what a higher right has blocked, a lower one does not open. */
export function mayUnblock(caller: Blocker, blockedBy: Blocker | undefined): boolean {
  return blockedBy === undefined || RANK[caller] >= RANK[blockedBy]
}
