import { isList, isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'

/** A model that an event of a session names, and where. */
export interface NamedModel {
  /** Names of members, and places in lists. */
  readonly path: readonly string[]
  /** What stands there need not be a text. */
  readonly name: JsonValue
}

/** What holds words of people or schemas of theirs, in which a member called `model` names none. */
const CONTENT: ReadonlySet<string> = new Set(['parameters', 'variables', 'metadata', 'instructions', 'item', 'content'])

/** Wherever an event may name a model by now or later: a model that we do not see would be one that nobody granted. */
export function findNamedModels(value: JsonValue, above: readonly string[] = []): readonly NamedModel[] {
  return membersOf(value).flatMap(([name, inner]): readonly NamedModel[] => {
    if (CONTENT.has(name) || inner === null) return []
    const path = [...above, name]
    return name === 'model' ? [{ path, name: inner }] : findNamedModels(inner, path)
  })
}

export function withName(event: JsonObject, path: readonly string[], name: string): JsonObject {
  const changed = replaced(event, path, name)
  return isObject(changed) ? changed : event
}

function replaced(value: JsonValue, [first, ...rest]: readonly string[], name: string): JsonValue {
  if (first === undefined) return name
  if (isList(value)) return value.map((item, at) => (String(at) === first ? replaced(item, rest, name) : item))
  return isObject(value) ? { ...value, [first]: replaced(value[first] ?? null, rest, name) } : value
}

function membersOf(value: JsonValue): readonly (readonly [string, JsonValue])[] {
  if (isList(value)) return value.map((item, at) => [String(at), item])
  return isObject(value) ? Object.entries(value) : []
}
