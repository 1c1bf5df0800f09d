import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'

/** A model that an event of a session names, and where. */
export interface NamedModel {
  readonly path: readonly string[]
  /** What stands there need not be a text. */
  readonly name: JsonValue
}

/** What holds words of people or schemas of theirs, in which a member called `model` names none. */
const CONTENT: ReadonlySet<string> = new Set(['tools', 'metadata', 'instructions', 'item', 'prompt'])

/** Wherever an event may name a model by now or later: a model that we do not see would be one that nobody granted. */
export function findNamedModels(value: JsonObject, above: readonly string[] = []): readonly NamedModel[] {
  return Object.entries(value).flatMap(([name, inner]): readonly NamedModel[] => {
    const path = [...above, name]
    if (CONTENT.has(name) || inner === null) return []
    if (name === 'model') return [{ path, name: inner }]
    return isObject(inner) ? findNamedModels(inner, path) : []
  })
}

export function withName(value: JsonObject, path: readonly string[], name: string): JsonObject {
  const [first, ...rest] = path
  if (first === undefined) return value
  const inner = value[first]
  return { ...value, [first]: isObject(inner) && rest.length > 0 ? withName(inner, rest, name) : name }
}
