import type { Place } from '../finding.ts'
import type { Located } from '../located.ts'
import type { Section } from '../section.ts'
import { GROUP_NAME } from './token-readers.ts'

/** The name of a group of routes, as written. Which groups there are is known where routes are. */
export interface RouteName {
  readonly name: string
  readonly place: Place
  readonly key: string
}

/** The names in `litellm_jwtauth` and in `role_permissions`. */
export function findRouteNames(general: Section, jwt: Section): readonly RouteName[] {
  return [
    ...['admin_allowed_routes', 'team_allowed_routes'].flatMap((name) => namesIn(jwt.node(name), jwt.pathOf(name))),
    ...namesOfMembers(jwt.node('scope_mappings'), jwt.pathOf('scope_mappings')),
    ...namesOfMembers(general.node('role_permissions'), general.pathOf('role_permissions')),
  ]
}

function namesOfMembers(list: Located | undefined, key: string): readonly RouteName[] {
  if (list?.kind !== 'list') return []
  return list.items.flatMap((item, index) =>
    item.kind === 'map' ? namesIn(item.entries.get('routes')?.value, `${key}[${index}].routes`) : [],
  )
}

function namesIn(list: Located | undefined, key: string): readonly RouteName[] {
  if (list?.kind !== 'list') return []
  return list.items.flatMap((item, index) =>
    item.kind === 'scalar' && typeof item.value === 'string' && GROUP_NAME.test(item.value)
      ? [{ name: item.value, place: item.place, key: `${key}[${index}]` }]
      : [],
  )
}
