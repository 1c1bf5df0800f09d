import { decideModelsWithin, decideRoutesWithin, isUnrestricted } from '../../domain/effective.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { keyOf } from '../../domain/principal.ts'
import type { Team } from '../../domain/team.ts'
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
  { modelGroups, routeGroups, passThroughPaths }: GrantRules,
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
    const bound = [...routes, ...(before?.allowedRoutes ?? [])]
    if (key.allowedRoutes.length === 0 && bound.length > 0) return 'allowed_routes'
    const ceilings = [routes, before?.allowedRoutes ?? []]
    if (decideRoutesWithin(key.allowedRoutes, ceilings, routeGroups) !== undefined) return 'allowed_routes'
  }
  const opened = findOpened(before, key, team, own?.allowedPassThroughRoutes ?? [], passThroughPaths)
  if (opened !== undefined) return opened
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

/**
 * What is passed on is the operator's account at a provider: who is no administrator opens nothing of it that the key had
 * not before, and that neither its team has nor the caller's own key.
 */
function findOpened(
  before: VirtualKey | undefined,
  key: VirtualKey,
  team: Team | undefined,
  own: readonly string[],
  passThroughPaths: readonly string[],
): string | undefined {
  const ofTeam = team?.allowedPassThroughRoutes ?? []
  const listOf = ({ allowedPassThroughRoutes: list }: VirtualKey): readonly string[] =>
    list.length > 0 ? list : ofTeam
  const had = before === undefined ? [...ofTeam, ...own] : listOf(before)
  const isWider = (ceiling: readonly string[]): boolean => listOf(key).some((entry) => !namesPath(ceiling, entry))
  const isKept =
    before !== undefined &&
    JSON.stringify(before.allowedPassThroughRoutes) === JSON.stringify(key.allowedPassThroughRoutes)
  if (!isKept && (isWider(had) || (own.length > 0 && isWider(own)))) return 'allowed_passthrough_routes'
  const named = key.allowedRoutes.filter(
    (entry) => !(before?.allowedRoutes ?? []).includes(entry) && namesPath(passThroughPaths, entry),
  )
  return named.every((entry) => namesPath(had, entry)) ? undefined : 'allowed_routes'
}

/** Whether an entry stands at or below one of these. */
function namesPath(paths: readonly string[], entry: string): boolean {
  const plain = entry.replace(/\/?\*?$/, '')
  return paths.some((path) => {
    const above = path.replace(/\/?\*?$/, '')
    return above !== '' && (plain === above || plain.startsWith(`${above}/`))
  })
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
