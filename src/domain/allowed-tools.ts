import type { JsonObject } from './json.ts'

/** The tools that `metadata.allowed_tools` lets a key or a team offer. Undefined: no list, as an empty one is none. */
export function allowedToolsIn(metadata: JsonObject | undefined): readonly string[] | undefined {
  const list = metadata?.['allowed_tools'] ?? undefined
  if (list === undefined) return undefined
  // What is no list of names names none.
  if (!Array.isArray(list)) return NAMELESS
  if (list.length === 0) return undefined
  const names = list.filter((name) => typeof name === 'string')
  return names.length === list.length ? names : [...names, ...NAMELESS]
}

const NAMELESS: readonly string[] = ['\u0000']

/** Whether tools may be offered afterwards that might not be before. */
export function widensTools(before: JsonObject | undefined, after: JsonObject | undefined): boolean {
  const [had, has] = [allowedToolsIn(before), allowedToolsIn(after)]
  if (had === undefined) return false
  return has === undefined || has.some((name) => !had.includes(name))
}
