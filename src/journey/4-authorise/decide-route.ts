import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Principal } from '../../domain/principal.ts'
import { actorName } from '../../domain/principal.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { ROUTE_GROUPS } from './route-groups.ts'

export interface RoutePolicy {
  /** `general_settings.allowed_routes`; undefined: all. */
  readonly served: readonly string[] | undefined
  /** `general_settings.admin_only_routes` */
  readonly adminOnly: readonly string[]
}

/** May this principal call this route at all? Decided on the matched route, never on a URL. */
export function decideRoute(principal: Principal, route: RouteFacts, policy: RoutePolicy): Decision<RouteFacts> {
  if (policy.served !== undefined && !policy.served.some((entry) => covers(entry, route.path))) {
    return deny('route-denied', 'authz_route', `The operator does not serve this route. Route=${route.path}`)
  }
  if (principal.kind === 'master') return allow(route)
  if (policy.adminOnly.some((entry) => covers(entry, route.path))) {
    return deny(
      'route-denied',
      'authz_route',
      `user not allowed to access this route. Route=${route.path} is an admin only route`,
    )
  }

  const { allowedRoutes } = principal.key
  if (allowedRoutes.length > 0 && !allowedRoutes.some((entry) => covers(entry, route.path))) {
    return deny(
      'route-denied',
      'authz_route',
      `Virtual key is not allowed to call this route. Only allowed to call routes: [${allowedRoutes.map((entry) => `'${entry}'`).join(', ')}]. Tried to call route: ${route.path}`,
    )
  }
  if (route.needs === 'administer') {
    return deny(
      'admin-only',
      'authz_role',
      `Only proxy admin can be used to generate, delete, update info for new keys/users/teams. Route=${route.path}. Your role=unknown. Your user_id=${masked(actorName(principal))}`,
    )
  }
  return allow(route)
}

/** An entry is a group's name, a path, a path above, or a prefix that ends in `*`. */
function covers(entry: string, path: string): boolean {
  const group = ROUTE_GROUPS.get(entry)
  if (group !== undefined) return group.includes(path)
  if (entry.endsWith('*')) return path.startsWith(entry.slice(0, -1))
  return entry !== '' && (path === entry || path.startsWith(`${entry}/`))
}

function masked(id: string): string {
  return id.length <= 8 ? '***' : `${id.slice(0, 6)}***${id.slice(-2)}`
}
