import { parseUserId } from '../../../domain/ids.ts'
import { isAdministrator, membershipIn, roleOf, userIdOf } from '../../../domain/principal.ts'
import type { KeyPrincipal, TokenPrincipal } from '../../../domain/principal.ts'
import type { UserRole } from '../../../domain/role.ts'
import { covers } from '../../4-authorise/decide-route.ts'
import { changeRoutes } from '../change-claims.ts'
import { together } from '../change-call.ts'
import { makeTeamAdmin } from '../change-groups.ts'
import { allowKeyRoute, giveKeyTo, giveRole, makeUser, openToKey } from '../change-people.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

/** The least that may do more, first. */
const ROLES: readonly UserRole[] = ['internal_user_viewer', 'internal_user', 'proxy_admin_viewer', 'proxy_admin']

/** What the operator, or whoever made the key, lets be called. */
export function forRoute(situation: Situation): readonly Change[] {
  const { principal, key, scene } = situation
  const { path } = scene.call.route
  const { served, adminOnly } = scene.settings.routes
  const changes: Change[] = []
  if (served !== undefined && !served.some((entry) => covers(entry, path))) {
    const setting = 'general_settings.allowed_routes'
    const becomes = [...served, path]
    return [changeRoutes(`Serve ${path}.`, [{ setting, add: path }], (routes) => ({ ...routes, served: becomes }))]
  }
  if (principal === undefined || principal.kind === 'master') return []
  const isAdminOnly = adminOnly.some((entry) => covers(entry, path))
  if (isAdminOnly && !isAdministrator(principal)) {
    changes.push(...atLeast(principal, ['proxy_admin'], situation))
    const setting = 'general_settings.admin_only_routes'
    const steps = adminOnly.filter((each) => covers(each, path)).map((entry) => ({ setting, remove: entry }))
    const rest = adminOnly.filter((each) => !covers(each, path))
    const say = `Let others than administrators call ${path}.`
    changes.push(changeRoutes(say, steps, (routes) => ({ ...routes, adminOnly: rest })))
  }
  if (key !== undefined && scene.call.route.passThrough !== undefined) {
    const own = key.allowedPassThroughRoutes
    const had = own.length > 0 ? own : (principal.standing.team?.allowedPassThroughRoutes ?? [])
    changes.push(openToKey(key, had, path))
  }
  if (key !== undefined && key.allowedRoutes.length > 0) changes.push(allowKeyRoute(key, path))
  return changes
}

/** The smallest right that opens the route: in the caller's team, else of the caller. */
export function forRole(situation: Situation): readonly Change[] {
  const { principal } = situation
  if (principal === undefined || principal.kind === 'master') return []
  const userId = userIdOf(principal)
  const teams = principal.standing.user?.teams ?? []
  const own = membershipIn(principal, principal.standing.team?.id)
  const team = own ?? (teams.length === 1 ? teams[0] : undefined)
  const inTeam =
    userId === undefined || team === undefined || team.role === 'admin' ? [] : [makeTeamAdmin(team.teamId, userId)]
  return [...inTeam, ...atLeast(principal, ROLES, situation)]
}

function atLeast(
  principal: KeyPrincipal | TokenPrincipal,
  roles: readonly UserRole[],
  { key, now, userDefaults }: Situation,
): readonly Change[] {
  const userId = principal.standing.user?.user.id
  if (userId !== undefined) {
    const current = roleOf(principal)
    return roles.filter((role) => role !== current).map((role) => giveRole(userId, role))
  }
  if (key === undefined || key.userId !== undefined) return []
  // The start of the digest is the key's name in logs; with it this is nobody who is there.
  const owner = parseUserId(`owner-of-${key.digest.slice(0, 12)}`)
  if (owner === undefined) return []
  return roles.map((role) => {
    const say = `Make a user ${owner} with the role ${role}, and give the key to it.`
    return together(say, makeUser(owner, role, { now, userDefaults }), giveKeyTo(key, owner))
  })
}
