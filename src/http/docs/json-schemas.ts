import { z } from 'zod'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'

/** Schemas that others refer to, under names that follow from what they say. */
export type SharedSchemas = Map<string, JsonValue>

/** What a client may send, as JSON Schema; parts that are used by name are put among the shared ones. */
export function jsonSchemaOf(schema: z.ZodType, shared: SharedSchemas): JsonObject {
  const converted: JsonValue = JSON.parse(
    JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: tidied })),
  )
  if (!isObject(converted)) return {}
  const { $schema: _, $defs: parts, ...rest } = converted
  if (!isObject(parts)) return rest

  const text = JSON.stringify(parts)
  const names = new Map(Object.keys(parts).map((name) => [name, sharedName(text, name, shared)]))
  for (const [name, part] of Object.entries(parts)) shared.set(names.get(name) ?? name, renamed(part, names))
  const whole = renamed(rest, names)
  return isObject(whole) ? whole : {}
}

function tidied({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  dropSafeBounds(jsonSchema)
  if (jsonSchema['orOne'] === true) offerOne(jsonSchema)
}

/** A list of which one alone is taken too. */
function offerOne(jsonSchema: z.core.JSONSchema.BaseSchema): void {
  const { orOne: _, ...list } = jsonSchema
  for (const name of Object.keys(jsonSchema)) delete jsonSchema[name]
  jsonSchema.anyOf = [...(typeof list.items === 'object' && !Array.isArray(list.items) ? [list.items] : []), list]
}

/** That a number is one that JavaScript can count to says nothing. */
function dropSafeBounds(jsonSchema: z.core.JSONSchema.BaseSchema): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

const ORIGINS = new WeakMap<SharedSchemas, Map<string, string>>()

/** The same parts have the same names, whichever schema brings them first. */
function sharedName(parts: string, name: string, shared: SharedSchemas): string {
  const known = ORIGINS.get(shared) ?? new Map<string, string>()
  ORIGINS.set(shared, known)
  const origin = `${name} ${parts}`
  const found = known.get(origin) ?? `Shared${known.size + 1}`
  known.set(origin, found)
  return found
}

function renamed(value: JsonValue, names: ReadonlyMap<string, string>): JsonValue {
  if (Array.isArray(value)) return value.map((each) => renamed(each, names))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([member, inner]) => {
      const name =
        member === '$ref' && typeof inner === 'string' ? names.get(inner.slice('#/$defs/'.length)) : undefined
      return [member, name === undefined ? renamed(inner, names) : `#/components/schemas/${name}`]
    }),
  )
}
