import { decideModelsWithin, decideRoutesWithin, isUnrestricted, withGroups } from '../../domain/effective.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { keyOf } from '../../domain/principal.ts'
import type { Team } from '../../domain/team.ts'
import type { KeyGrounds } from './key-grounds.ts'
import { boundsOf } from './own-bounds.ts'
import type { Ask, GrantRules } from '../ports.ts'

export const NO_GROUNDS = { user: undefined, team: undefined }

const NO_LIST = { models: [], accessGroupIds: [] }

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
  const ceiling = withGroups((isSelf ? before : own) ?? NO_LIST)
  const personal = team === undefined ? (user?.user.models ?? []) : []
  const keepsModels = staysAs(before, key, 'models')
  if (!keepsModels || !staysAs(before, key, 'accessGroupIds')) {
    const hasBound = !isUnrestricted(ceiling) || (before !== undefined && !isOpen(before))
    if (isOpen(key) && hasBound) return keepsModels ? 'access_group_ids' : 'models'
    if (decideModelsWithin(key.models, [ceiling, personal], modelGroups) !== undefined) return 'models'
    const kept = before !== undefined && !isSelf && keepsPlace(before, key) ? before.accessGroupIds : []
    const given = key.accessGroupIds.filter((id) => !kept.includes(id))
    if (decideModelsWithin(given, [ceiling], modelGroups) !== undefined) return 'access_group_ids'
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
  const aliased = Object.values(key.modelAliases).filter(
    (model) => !Object.values(before?.modelAliases ?? {}).includes(model),
  )
  if (decideModelsWithin(aliased, [ceiling, personal, withGroups(team ?? NO_LIST)], modelGroups) !== undefined)
    return 'aliases'
  return undefined
}

function isOpen(key: VirtualKey): boolean {
  return isUnrestricted(withGroups(key))
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
function staysAs(
  before: VirtualKey | undefined,
  key: VirtualKey,
  list: 'models' | 'accessGroupIds' | 'allowedRoutes',
): boolean {
  return before !== undefined && keepsPlace(before, key) && JSON.stringify(before[list]) === JSON.stringify(key[list])
}

function keepsPlace(before: VirtualKey, key: VirtualKey): boolean {
  return before.userId === key.userId && before.teamId === key.teamId && before.organizationId === key.organizationId
}
