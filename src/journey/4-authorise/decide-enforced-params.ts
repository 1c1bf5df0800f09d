import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { keyOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'

/** Parameters that the operator, or whoever made the key, wants to see in every call; `metadata.name` looks inside. */
export function decideEnforcedParams(
  principal: Principal,
  body: JsonObject,
  operatorWants: readonly string[],
): Decision<undefined> {
  const missing = missingParam(principal, body, operatorWants)
  if (missing === undefined) return allow(undefined)
  return deny(
    'param-missing',
    'param_missing',
    `BadRequest please pass param=${missing} in the request body. This is a required param for this key.`,
  )
}

/** The first of them that is not there, or says nothing (INV-04). */
export function missingParam(
  principal: Principal,
  body: JsonObject,
  operatorWants: readonly string[],
): string | undefined {
  const own = keyOf(principal)?.enforcedParams ?? []
  return [...operatorWants, ...own].find((path) => isEmpty(valueAt(body, path)))
}

function valueAt(body: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = body
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined
    value = Object.entries(value).find(([key]) => key === name)?.[1]
  }
  return value
}

/** An empty name of a customer is none, to whoever reads it. */
function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'string') return value.trim() === ''
  return typeof value === 'object' && Object.keys(value).length === 0
}
