import { isList, isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { looksLikeSecret } from '../../domain/secret-names.ts'

/** Stands for every secret, however long; whoever sends it back means: as it is. */
export const MASK = '********'

const SECRET_NAME = /key|token|secret|passw|credential|authorization|signature/i
const NOT_SECRET = /_per_token|_tokens$|token_limit|^max_tokens|token_cost|^litellm_credential_name$|_token_count$/
/** Maps of headers, of which every value counts as a secret. */
const HEADERS = new Set(['headers', 'extra_headers'])
/** Z-25: where calls go is for those who may change it. */
const PLACE = /^(?:api_base|base_url|organization|litellm_credential_name|api_version)$|region|project|location/

export function isSecretParam(name: string): boolean {
  return HEADERS.has(name) || (SECRET_NAME.test(name) && !NOT_SECRET.test(name))
}

/** `litellm_params` for administrators: with every name, and without a secret. */
export function maskParams(params: JsonObject): JsonObject {
  return mapped(params, (name, value) => maskValue(value, isSecretParam(name)))
}

/** The same for those who only look. */
export function maskPlaces(params: JsonObject): JsonObject {
  return mapped(params, (name, value) => maskValue(value, PLACE.test(name)))
}

/** Values of a credential: secrets all of them, but for those that are known to be none. */
export function maskCredential(values: JsonObject): JsonObject {
  return mapped(values, (name, value) => maskValue(value, isSecretParam(name) || !PLACE.test(name)))
}

function maskValue(value: JsonValue, isSecret: boolean): JsonValue {
  if (typeof value === 'string') return value !== '' && (isSecret || looksLikeSecret(value)) ? MASK : value
  if (isObject(value)) return mapped(value, (name, each) => maskValue(each, isSecret || isSecretParam(name)))
  if (isList(value)) return value.map((each) => maskValue(each, isSecret))
  return isSecret && typeof value === 'number' ? MASK : value
}

function mapped(object: JsonObject, change: (name: string, value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(name, value)]))
}

/** Of something new a mask says nothing. */
export function withoutMasks(params: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== MASK && value !== null))
}
