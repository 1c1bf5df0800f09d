import { commonRoutes } from '../../domain/effective.ts'
import { bearingOf, isTokenPrincipal } from '../../domain/principal.ts'
import type { Bearing, Principal } from '../../domain/principal.ts'
import type { TokenFacts } from '../../domain/token-facts.ts'
import type { RolePermission, TokenPolicy } from '../../domain/token-settings.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { opens } from './decide-route.ts'
import { ROUTE_GROUPS } from './route-groups.ts'

/** What the token's role may do; the first entry for it counts. */
export function permissionOf({ tokenRole }: TokenFacts, policy: TokenPolicy): RolePermission | undefined {
  return policy.enforcesRoles ? policy.rolePermissions.find(({ role }) => role === tokenRole) : undefined
}

/** Undefined: scopes don't limit models. An entry with routes grants its models on those alone. */
export function scopeModelsOf(
  { scopes }: TokenFacts,
  { scopeMappings }: TokenPolicy,
  route: RouteFacts,
): readonly string[] | undefined {
  return scopeMappings
    ?.filter(({ scope, routes }) => scopes.includes(scope) && (routes === undefined || listCovers(routes, route)))
    .flatMap(({ models }) => models)
}

/** What roles and scopes leave to whoever comes with the token. */
export function limitsOf(
  facts: TokenFacts,
  policy: TokenPolicy,
  route: RouteFacts,
): Pick<Bearing, 'routes' | 'roleModels' | 'scopeModels'> {
  const permission = permissionOf(facts, policy)
  return {
    routes: permission?.routes,
    roleModels: permission?.models,
    scopeModels: scopeModelsOf(facts, policy, route),
  }
}

/** D-14: what of these routes is left to whoever comes for a team. */
export function routesInTeam(
  routes: readonly string[] | undefined,
  { teamRoutes }: Pick<TokenPolicy, 'teamRoutes'>,
): readonly string[] {
  if (routes === undefined) return teamRoutes
  const known = commons.get(routes)
  if (known?.teamRoutes === teamRoutes) return known.common
  const common = commonRoutes(routes, teamRoutes, ROUTE_GROUPS)
  commons.set(routes, { teamRoutes, common })
  return common
}

/** Both lists are the operator's, and the same ones for every request. */
const commons = new WeakMap<
  readonly string[],
  { readonly teamRoutes: readonly string[]; readonly common: readonly string[] }
>()

/** Whether the token that was presented opens this route as well. Without one there is nothing to ask. */
export function tokenOpens(
  principal: Principal,
  route: RouteFacts,
  policy: Pick<TokenPolicy, 'adminRoutes' | 'exemptsStoredAdmins'> | undefined,
): boolean {
  const routes = bearingOf(principal)?.routes
  if (routes !== undefined && !listCovers(routes, route)) return false
  const admin = isTokenPrincipal(principal) ? principal.admin : undefined
  if (admin === undefined || policy === undefined) return true
  return (admin === 'stored' && policy.exemptsStoredAdmins) || listCovers(policy.adminRoutes, route)
}

export function listCovers(entries: readonly string[], route: RouteFacts): boolean {
  return entries.some((entry) => opens(entry, route))
}
