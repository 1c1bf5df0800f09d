import { ACCESS_TABLE } from './access-table.ts'
import { matchesWildcard } from './wildcard.ts'

/** A name that stands for several models or routes. */
type Groups = ReadonlyMap<string, readonly string[]>

const EVERYTHING: ReadonlySet<string> = new Set(['*', 'all-proxy-models', 'all-team-models'])
/** In a list of models: none, where an empty one would mean all. */
export const NO_MODELS = 'no-default-models'
/** Where the team alone decides, and where nothing but a team does. As a grant, neither adds anything. */
const ADDS_NOTHING: ReadonlySet<string> = new Set(['all-team-models', NO_MODELS])

/**
 * A text that is in no pattern and no name. What matches it matches any text in its place, so that one question about it
 * answers for all names, also those of models and routes to come.
 */
const ANY_TEXT = '\u0000'

/** A word that stands for all models or none in every list of them, whatever else may have that name. */
export function isModelWord(name: string): boolean {
  return EVERYTHING.has(name) || name === NO_MODELS
}

/** Does the list of models leave everything open? An empty one restricts nothing of its own. */
export function isUnrestricted(models: readonly string[]): boolean {
  return models.length === 0 || (!models.includes(NO_MODELS) && models.some((entry) => EVERYTHING.has(entry)))
}

/** The models and the access groups that somebody was given, as one list: where both are empty, nothing is restricted. */
export function withGroups({ models, accessGroupIds }: ModelGrants): readonly string[] {
  if (accessGroupIds.length === 0) return models
  return [...(models.includes(NO_MODELS) ? [] : models), ...accessGroupIds]
}

interface ModelGrants {
  readonly models: readonly string[]
  readonly accessGroupIds: readonly string[]
}

/**
 * The first entry of a list of models that goes beyond one of the ceilings; undefined when none does. An empty list never
 * does, nor does `all-team-models`: at each use the intersection with user, team and organisation counts. The key that
 * sets the list is no part of that intersection, so that who asks for one must ask `isUnrestricted` as well.
 */
export function decideModelsWithin(
  child: readonly string[],
  ceilings: readonly (readonly string[])[],
  groups: Groups,
): string | undefined {
  const restricting = ceilings.filter((ceiling) => !isUnrestricted(ceiling))
  return child.find((entry) => !restricting.every((ceiling) => isWithinModels(entry, ceiling, groups)))
}

function isWithinModels(entry: string, ceiling: readonly string[], groups: Groups): boolean {
  if (ADDS_NOTHING.has(entry)) return true
  if (ceiling.includes(NO_MODELS)) return false
  if (ceiling.includes(entry)) return true
  const granted = ceiling.flatMap((name) => groups.get(name) ?? [name]).map(asPattern)
  const isGranted = (model: string) => {
    const names = asPattern(model).replaceAll('*', ANY_TEXT)
    return granted.some((pattern) => matchesWildcard(pattern, names))
  }
  // A group may have a name that reads as a pattern too; then it is both.
  return isWithinGroup(entry, groups, isGranted) && (!asPattern(entry).includes('*') || isGranted(entry))
}

function asPattern(entry: string): string {
  return EVERYTHING.has(entry) ? '*' : entry
}

/** The same for `allowed_routes`: names of groups, paths with all that is below them, and prefixes that end in a star. */
export function decideRoutesWithin(
  child: readonly string[],
  ceilings: readonly (readonly string[])[],
  groups: Groups,
): string | undefined {
  const restricting = ceilings.filter((ceiling) => ceiling.length > 0)
  return child.find((entry) => !restricting.every((ceiling) => isWithinRoutes(entry, ceiling, groups)))
}

function isWithinRoutes(entry: string, ceiling: readonly string[], groups: Groups): boolean {
  if (ceiling.includes(entry)) return true
  const isGranted = (path: string) => ceiling.some((each) => coversRoute(each, path, groups))
  if (groups.has(entry)) return isWithinGroup(entry, groups, isGranted)
  if (entry.endsWith('*')) return isGranted(entry.slice(0, -1) + ANY_TEXT)
  return isGranted(entry) && ROUTES.filter((path) => path.startsWith(`${entry}/`)).every(isGranted)
}

/** What two lists of routes both open, as a list; entries of a group by themselves where all of it is not. */
export function commonRoutes(one: readonly string[], other: readonly string[], groups: Groups): readonly string[] {
  const within = (entries: readonly string[], ceiling: readonly string[]): readonly string[] =>
    entries.flatMap((entry) => {
      const parts = isWithinRoutes(entry, ceiling, groups) ? [entry] : (groups.get(entry) ?? [])
      // A path stands for all below it as well, which the group may not hold.
      return parts.filter((part) => isWithinRoutes(part, ceiling, groups) && isWithinRoutes(part, entries, groups))
    })
  return [...new Set([...within(one, other), ...within(other, one)])]
}

/** An entry of `allowed_routes` is a group's name, a prefix that ends in a star, or a path with all that is below it. */
export function coversRoute(entry: string, path: string, groups: Groups): boolean {
  const group = groups.get(entry)
  if (group !== undefined) return group.includes(path)
  if (entry.endsWith('*')) return path.startsWith(entry.slice(0, -1))
  return entry !== '' && (path === entry || path.startsWith(`${entry}/`))
}

const ROUTES: readonly string[] = [...new Set(ACCESS_TABLE.flatMap(({ routes }) => routes.map(({ path }) => path)))]

/** A group that is empty today may be filled tomorrow: whoever has not the group itself has not what it will hold. */
function isWithinGroup(entry: string, groups: Groups, isGranted: (name: string) => boolean): boolean {
  const members = groups.get(entry) ?? [entry]
  return members.length > 0 && members.every(isGranted)
}
