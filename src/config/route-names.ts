import type { Place } from './finding.ts'
import type { Located } from './located.ts'
import type { Section } from './section.ts'
import { isRouteOrGroup } from './tokens/token-readers.ts'

/** An entry of a list of routes, as written: a path or the name of a group. Which there are is known where routes are. */
export interface RouteName {
  readonly name: string
  readonly place: Place
  readonly key: string
  /** Whether the list opens routes to somebody or keeps them from somebody: a slip of the pen there opens them to all. */
  readonly list: 'opens' | 'keeps'
}

/** The entries of the operator's lists for everybody. */
export function findOperatorRoutes(general: Section): readonly RouteName[] {
  return [
    ...entriesOf(general.node('allowed_routes'), general.pathOf('allowed_routes'), 'opens'),
    ...entriesOf(general.node('admin_only_routes'), general.pathOf('admin_only_routes'), 'keeps'),
  ]
}

/** Those in `litellm_jwtauth` and in `role_permissions`. */
export function findTokenRoutes(general: Section, jwt: Section): readonly RouteName[] {
  return [
    ...['admin_allowed_routes', 'team_allowed_routes'].flatMap((name) =>
      entriesOf(jwt.node(name), jwt.pathOf(name), 'opens'),
    ),
    ...entriesOfMembers(jwt.node('scope_mappings'), jwt.pathOf('scope_mappings')),
    ...entriesOfMembers(general.node('role_permissions'), general.pathOf('role_permissions')),
  ]
}

function entriesOfMembers(list: Located | undefined, key: string): readonly RouteName[] {
  if (list?.kind !== 'list') return []
  return list.items.flatMap((item, index) =>
    item.kind === 'map' ? entriesOf(item.entries.get('routes')?.value, `${key}[${index}].routes`, 'opens') : [],
  )
}

function entriesOf(node: Located | undefined, key: string, list: RouteName['list']): readonly RouteName[] {
  if (node?.kind !== 'list') return []
  return node.items.flatMap((item, index) =>
    item.kind === 'scalar' && typeof item.value === 'string' && isRouteOrGroup(item.value)
      ? [{ name: item.value, place: item.place, key: `${key}[${index}]`, list }]
      : [],
  )
}
