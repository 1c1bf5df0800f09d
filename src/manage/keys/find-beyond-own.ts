import { decideModelsWithin, decideRoutesWithin, isUnrestricted } from '../../domain/effective.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { keyOf } from '../../domain/principal.ts'
import type { KeyGrounds } from './key-grounds.ts'
import { boundsOf } from './own-bounds.ts'
import type { Ask, GrantRules } from '../ports.ts'

export const NO_GROUNDS = { user: undefined, team: undefined }

/** Z-10, Z-14: lists within those of the caller's own credential, and of whom the key is made for; or as they were. */
export function findBeyondOwn(
  before: VirtualKey | undefined,
  key: VirtualKey,
  { user, team }: Pick<KeyGrounds, 'user' | 'team'>,
  { principal }: Ask,
  { modelGroups, routeGroups }: GrantRules,
): string | undefined {
  const own = boundsOf(principal)
  const isSelf = before !== undefined && before.digest === keyOf(principal)?.digest
  const ceiling = isSelf ? before.models : (own?.models ?? [])
  const personal = team === undefined ? (user?.user.models ?? []) : []
  if (!staysAs(before, key, 'models')) {
    if (isUnrestricted(key.models) && !isUnrestricted(ceiling)) return 'models'
    if (decideModelsWithin(key.models, [ceiling, personal], modelGroups) !== undefined) return 'models'
    if (before !== undefined && isUnrestricted(key.models) && !isUnrestricted(before.models)) return 'models'
  }
  const routes = isSelf ? before.allowedRoutes : (own?.allowedRoutes ?? [])
  if (!staysAs(before, key, 'allowedRoutes')) {
    if (key.allowedRoutes.length === 0 && routes.length > 0) return 'allowed_routes'
    const ceilings = [routes, before?.allowedRoutes ?? []]
    if (decideRoutesWithin(key.allowedRoutes, ceilings, routeGroups) !== undefined) return 'allowed_routes'
  }
  const groups = new Set([...(own?.accessGroupIds ?? []), ...(team?.accessGroupIds ?? [])])
  const isBound = own !== undefined && (own.models.length > 0 || own.accessGroupIds.length > 0)
  if (isBound && key.accessGroupIds.some((id) => !groups.has(id) && !(before?.accessGroupIds ?? []).includes(id))) {
    return 'access_group_ids'
  }
  const aliased = Object.values(key.modelAliases).filter(
    (model) => !Object.values(before?.modelAliases ?? {}).includes(model),
  )
  if (decideModelsWithin(aliased, [ceiling, personal, team?.models ?? []], modelGroups) !== undefined) return 'aliases'
  return undefined
}

/** The same list for the same people: whoever may do more by it than the caller could so before. */
function staysAs(before: VirtualKey | undefined, key: VirtualKey, list: 'models' | 'allowedRoutes'): boolean {
  return (
    before !== undefined &&
    before.userId === key.userId &&
    before.teamId === key.teamId &&
    before.organizationId === key.organizationId &&
    JSON.stringify(before[list]) === JSON.stringify(key[list])
  )
}
