import type { LoadedConfig } from '../config/load.ts'
import { editDistance, nearestName } from '../config/nearest-name.ts'
import { ACCESS_TABLE } from '../domain/access-table.ts'
import { covers } from '../journey/4-authorise/decide-route.ts'

/** Below which all is passed on, or may be served one day. */
type Family = (path: string) => boolean

const TABLE = ACCESS_TABLE.flatMap(({ routes, cells }) =>
  routes.map(({ path }) => ({ path, isOpen: cells.AN.right === 'P' })),
).filter(({ path }) => !path.startsWith('/{'))

const ROUTES = TABLE.filter(({ path }) => !path.includes('*'))
const PATHS = [...new Set(ROUTES.map(({ path }) => path))]
const FAMILIES: readonly Family[] = TABLE.filter(({ path }) => path.includes('*')).map(({ path }) => familyOf(path))

/** So few slips of the pen away from a route, a path of a family is that route misspelt. */
const SLIPS = 2

export type Meaning =
  | { readonly is: 'routes' }
  /** Routes that ask nobody who calls. */
  | { readonly is: 'open-routes' }
  | { readonly is: 'nothing'; readonly nearest: string | undefined }

/** What an entry of a list of routes stands for; the access table and the operator's endpoints know all routes. */
export function meaningOf(entry: string, passThroughs: LoadedConfig['passThroughs']): Meaning {
  if (passThroughs.some(({ entry: { path, includesSubpath } }) => reaches(entry, path, includesSubpath)))
    return { is: 'routes' }
  const meant = ROUTES.filter(({ path }) => covers(entry, path))
  if (meant.length > 0) return { is: meant.every(({ isOpen }) => isOpen) ? 'open-routes' : 'routes' }

  const template = PATHS.find((path) => path.includes('{') && templateOf(path).test(entry))
  const nearest = template ?? nearestName(entry, PATHS)
  const isSlip = nearest !== undefined && editDistance(entry, nearest, SLIPS + 1) <= SLIPS
  if (template === undefined && !isSlip && isOfFamily(entry)) return { is: 'routes' }
  return { is: 'nothing', nearest }
}

/** Other names of what an entry stands for that none of the entries stands for: `/v1/models` beside `/models`. */
export function leftOut(entry: string, entries: readonly string[]): readonly string[] {
  const namesakes = PATHS.filter((path) => covers(entry, path)).map(namesakeOf)
  return namesakes.filter((path) => PATHS.includes(path) && !entries.some((each) => covers(each, path)))
}

function namesakeOf(path: string): string {
  return path.startsWith('/v1/') ? path.slice('/v1'.length) : `/v1${path}`
}

function reaches(entry: string, path: string, includesSubpath: boolean): boolean {
  return covers(entry, path) || (includesSubpath && entry.startsWith(`${path}/`))
}

function isOfFamily(entry: string): boolean {
  const path = entry.replace(/\/?\*$/, '')
  return FAMILIES.some((holds) => holds(path)) || TABLE.some((route) => covers(entry, route.path))
}

/** A star at the end stands for what is below, or for nothing; one before it for a word. */
function familyOf(path: string): Family {
  const pattern = escaped(path)
    .replace(/\/?\*$/, '(?:/.*)?')
    .replaceAll(/(?<!\.)\*/g, '[^/]+')
    .replaceAll(/\{[a-z_]+\}/g, '[^/]+')
  const regex = new RegExp(`^${pattern}$`)
  return (asked) => regex.test(asked)
}

function templateOf(path: string): RegExp {
  return new RegExp(`^${escaped(path).replaceAll(/\{[a-z_]+\}/g, '[^/]+')}$`)
}

function escaped(path: string): string {
  return path.replaceAll('.', String.raw`\.`)
}
