import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { MASK, isSecretParam } from './mask-params.ts'

/** What is given is laid over what was stored: null takes away, and a mask that comes back leaves as it was. */
export function mergeParams(stored: JsonObject, given: JsonObject): JsonObject {
  const merged = new Map(Object.entries(stored))
  for (const [name, value] of Object.entries(given)) {
    if (value === null) merged.delete(name)
    else merged.set(name, unmasked(value, merged.get(name)))
  }
  return Object.fromEntries([...merged].filter(([, value]) => value !== MASK))
}

/** A new map stands for the old one, but a member that is masked is the old one's. */
function unmasked(value: JsonValue, before: JsonValue | undefined): JsonValue {
  if (value === MASK) return before ?? MASK
  if (!isObject(value)) return value
  const old = isObject(before) ? before : {}
  const members = Object.entries(value).map(([name, each]) => [name, unmasked(each, old[name])] as const)
  return Object.fromEntries(members.filter(([, each]) => each !== MASK))
}

/** Z-22, AC-090: a destination that changes leaves behind every secret that was not sent along with it. */
export function withoutOldSecrets(merged: JsonObject, given: JsonObject): JsonObject {
  const kept = Object.entries(merged).filter(([name]) => {
    if (!isSecretParam(name)) return true
    return Object.hasOwn(given, name) && !holdsMask(given[name])
  })
  return Object.fromEntries(kept)
}

function holdsMask(value: JsonValue | undefined): boolean {
  return value === MASK || (isObject(value) && Object.values(value).some(holdsMask))
}
