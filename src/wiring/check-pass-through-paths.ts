import type { Findings } from '../config/finding.ts'
import type { LocatedPassThrough } from '../config/pass-through/read-pass-through.ts'
import { CALL_ROWS } from '../domain/access-rows-calls.ts'
import { ACCESS_TABLE } from '../domain/access-table.ts'
import { MODEL_IN_PATH, OPERATION_PATHS } from '../journey/1-intake/operation-paths.ts'
import { BUILT_IN_PATHS } from '../journey/7-provider/pass-through/built-in.ts'

/** N-05: a path of the gateway itself stays that, in any spelling; the configuration knows no routes, so it is asked here. */
export function checkPassThroughPaths(entries: readonly LocatedPassThrough[], findings: Findings): void {
  const seen = new Set<string>()
  for (const { entry, key, places } of entries) {
    const { path, includesSubpath, methods } = entry
    const taken = OWN_PATHS.find((own) => overlaps(path.toLowerCase(), includesSubpath, own))
    if (taken !== undefined) {
      const message = `The gateway itself serves ${taken}, and this path is or holds that.`
      findings.error(places.path, `${key}.path`, message, 'Choose another path.')
    }
    for (const method of methods) {
      if (!seen.has(`${method} ${path}`)) {
        seen.add(`${method} ${path}`)
        continue
      }
      findings.error(places.path, `${key}.path`, `An entry before this one has ${method} on the same path.`)
      break
    }
  }
}

/** Calls of models are a table of what may come as well; of those, what is served. */
const OWN_PATHS: readonly string[] = [
  ...new Set([
    ...ACCESS_TABLE.filter((row) => !CALL_ROWS.includes(row)).flatMap(({ routes }) => routes.map(({ path }) => path)),
    ...CALL_ROWS.filter(({ id }) => id === 'model-list' || id.startsWith('provider-object-')).flatMap(({ routes }) =>
      routes.map(({ path }) => path).filter((path) => !path.includes('*')),
    ),
    ...Object.values(OPERATION_PATHS).flat(),
    ...MODEL_IN_PATH.map(({ prefix }) => `${prefix}*`),
    ...BUILT_IN_PATHS.map((path) => `${path}/*`),
    '/',
    '/ui/*',
  ]),
].filter((path) => !path.startsWith('/{'))

function overlaps(path: string, takesSubpaths: boolean, own: string): boolean {
  const mine = path.split('/').slice(1)
  const theirs = own.toLowerCase().split('/').slice(1)
  for (const [at, segment] of mine.entries()) {
    const other = theirs[at]
    if (other === undefined) return false
    if (other.includes('*')) return other === '*' || segment.startsWith(other.slice(0, other.indexOf('*')))
    // A model's name may hold slashes, and is the rest of its path.
    if (other === '{model}' && at === theirs.length - 1) return true
    if (!other.startsWith('{') && other !== segment) return false
  }
  return theirs.length === mine.length || takesSubpaths || theirs[mine.length] === '*'
}
