import { isList } from '../domain/json.ts'
import type { JsonValue } from '../domain/json.ts'
import type { Located } from './located.ts'

/** A value that came as JSON, for the readers of the configuration file. It has no lines to point at. */
export function locateJson(value: JsonValue): Located {
  const place = {}
  if (typeof value !== 'object' || value === null) return { kind: 'scalar', place, value, text: String(value ?? '') }
  if (isList(value)) return { kind: 'list', place, items: value.map(locateJson) }
  const entries = new Map(Object.entries(value).map(([name, each]) => [name, { place, value: locateJson(each) }]))
  return { kind: 'map', place, entries }
}
