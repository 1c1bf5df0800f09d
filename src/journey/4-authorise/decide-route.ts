import type { AccessRow } from '../../domain/access-row.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import {
  actorName,
  isAdministrator,
  isTokenPrincipal,
  keyOf,
  managerOf,
  roleOf,
  teamIdOf,
} from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { ProblemCode } from '../../domain/problem.ts'
import { decideReach } from '../../domain/reach.ts'
import type { Caller, Reach } from '../../domain/reach.ts'
import { isViewer } from '../../domain/role.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { decidePassThrough, isPassThrough } from './decide-pass-through.ts'
import { LOOKING_GROUPS, ROUTE_GROUPS } from './route-groups.ts'

export interface RoutePolicy {
  /** `general_settings.allowed_routes`; undefined: all. */
  readonly served: readonly string[] | undefined
  /** `general_settings.admin_only_routes` */
  readonly adminOnly: readonly string[]
  /** `compat.open_pass_through` */
  readonly opensPassThrough: boolean
}

/** May this principal call this route at all? Decided on the matched route, never on a URL. */
export function decideRoute(principal: Principal, route: RouteFacts, policy: RoutePolicy): Decision<RouteFacts> {
  const served = decideServed(route, policy)
  if (served.verdict === 'deny' || principal.kind === 'master') return served
  const own = decideOwnRoutes(principal, route, policy)
  if (own.verdict === 'deny') return own
  if (isCall(route.row)) {
    if (isViewer(roleOf(principal))) return deny('viewer-calls', 'authz_role')
    return isPassThrough(route) ? decidePassThrough(principal, route, policy.opensPassThrough) : allow(route)
  }
  return decideReach(callerOf(principal), route.row) === 'none' ? refuseRole(principal, route) : allow(route)
}

/** What is left of the routes to this caller's role by the operator, and to the key by its own list. */
export function decideOwnRoutes(
  principal: Principal,
  route: RouteFacts,
  { adminOnly }: Pick<RoutePolicy, 'adminOnly'>,
): Decision<RouteFacts> {
  if (!isAdministrator(principal) && adminOnly.some((entry) => covers(entry, route.path))) {
    return deny(
      'route-denied',
      'authz_route',
      `user not allowed to access this route. Route=${route.path} is an admin only route`,
    )
  }
  const allowedRoutes = keyOf(principal)?.allowedRoutes ?? []
  if (allowedRoutes.length === 0 || allowedRoutes.some((entry) => opens(entry, route))) return allow(route)
  return deny(
    'route-denied',
    'authz_route',
    `Virtual key is not allowed to call this route. Only allowed to call routes: [${allowedRoutes.map((entry) => `'${entry}'`).join(', ')}]. Tried to call route: ${route.path}`,
  )
}

/** Is it served at all, whoever calls? */
export function decideServed(route: RouteFacts, { served }: Pick<RoutePolicy, 'served'>): Decision<RouteFacts> {
  if (served === undefined || served.some((entry) => covers(entry, route.path))) return allow(route)
  return deny('route-denied', 'authz_route', `The operator does not serve this route. Route=${route.path}`)
}

/** How far the principal's right on this route goes; asked once the route is known to be theirs. */
export function reachOn(principal: Principal, row: AccessRow): Reach | 'none' {
  return decideReach(callerOf(principal), row)
}

export function callerOf(principal: Principal): Caller {
  if (principal.kind === 'master') {
    return {
      kind: 'master',
      userId: undefined,
      role: 'proxy_admin',
      teams: [],
      organizations: [],
      keyDigest: undefined,
      keyTeamId: undefined,
    }
  }
  const user = managerOf(principal)
  return {
    // A machine with a token of its team is to the team what a key without a user is, and so is a key in two hands.
    kind: principal.kind === 'user' ? 'user' : 'key',
    userId: user?.user.id,
    role: isTokenPrincipal(principal) && principal.admin !== undefined ? 'proxy_admin' : user?.user.role,
    teams: user?.teams ?? [],
    organizations: user?.organizations ?? [],
    keyDigest: keyOf(principal)?.digest,
    keyTeamId: teamIdOf(principal),
  }
}

/** A call of a model is under the caller's own policy and nobody else's, so that no reach has to be worked out. */
function isCall(row: AccessRow): boolean {
  return row.cells.IU.right === 'D'
}

/** Rows whose refusal clients know by other words. */
const OWN_WORDS: ReadonlyMap<string, readonly [problem: ProblemCode, say: string]> = new Map([
  ['user-search', ['route-denied', 'Only proxy admins and organization admins can list users.']],
  ['jwt-key-mapping-create', ['mapping-admin-only', 'Only proxy admins can create JWT key mappings']],
  ['jwt-key-mapping-update', ['mapping-admin-only', 'Only proxy admins can update JWT key mappings']],
  ['jwt-key-mapping-delete', ['mapping-admin-only', 'Only proxy admins can delete JWT key mappings']],
  ['jwt-key-mapping-list', ['mapping-admin-only', 'Only proxy admins can list JWT key mappings']],
  ['jwt-key-mapping-info', ['mapping-admin-only', 'Only proxy admins can get JWT key mapping info']],
  ['jwt-client-create', ['mapping-admin-only', 'Only proxy admins can create JWT key mappings']],
  ['jwt-revocation-create', ['revocation-admin-only', 'Only proxy admins can revoke tokens']],
  ['jwt-revocation-delete', ['revocation-admin-only', 'Only proxy admins can take back revocations of tokens']],
  ['jwt-revocation-list', ['revocation-admin-only', 'Only proxy admins can list revocations of tokens']],
])

function refuseRole(principal: Principal, { path, row }: RouteFacts): Decision<never> {
  const role = roleOf(principal)
  const [problem, say] = OWN_WORDS.get(row.id) ?? []
  if (problem !== undefined) return deny(problem, 'authz_role', say)
  if (isViewer(role) && row.writes) {
    return deny(
      'viewer-calls',
      'authz_role',
      `user not allowed to access this route, role= ${role}. Trying to access: ${path}`,
    )
  }
  return deny(
    'admin-only',
    'authz_role',
    `Authentication Error, Only proxy admin can be used to generate, delete, update info for new keys/users/teams. Route=${path}. Your role=${principal.kind !== 'master' && principal.standing.user === undefined ? 'unknown' : role}. Your user_id=${masked(actorName(principal))}`,
  )
}

/** Does the entry let this route be called? A group for looking at things lets look at the health of models, and call none. */
export function opens(entry: string, { path, row }: RouteFacts): boolean {
  return covers(entry, path) && !(row.id === PROBE && LOOKING_GROUPS.has(entry))
}

const PROBE = 'upstream-probe'

/** An entry is a group's name, a path, a path above, or a prefix that ends in `*`; a parameter in it may have any name. */
export function covers(entry: string, path: string): boolean {
  const group = ROUTE_GROUPS.get(entry)
  if (group !== undefined) return group.includes(path) || group.some((member) => isBelow(member, path))
  const [wanted, asked] = entry.includes('{') ? [nameless(entry), nameless(path)] : [entry, path]
  if (wanted.endsWith('*')) return asked.startsWith(wanted.slice(0, -1))
  return wanted !== '' && (asked === wanted || asked.startsWith(`${wanted}/`))
}

/** `/key/{key_id}/regenerate` and `/key/{key}/regenerate` are one route. */
function nameless(path: string): string {
  return path.replaceAll(/\{[^{}/]*\}/g, '{}')
}

/** A member of a group that ends in `/*` stands for a prefix and all that is below it. */
function isBelow(member: string, path: string): boolean {
  return member.endsWith('/*') && (path.startsWith(member.slice(0, -1)) || path === member.slice(0, -2))
}

function masked(id: string): string {
  return id.length <= 8 ? '***' : `${id.slice(0, 6)}***${id.slice(-2)}`
}
