import type { Claims, ClaimPath } from '../../domain/claims.ts'
import { isList, isObject } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'

/** What stands at a place in a token. Nothing is ever converted: what is not of the wanted type is `wrong`. */
export type Claim<Value> =
  | { readonly is: 'absent' }
  | { readonly is: 'null' }
  /** `found` names the type, or what is wrong with a value of the right one; never the value. */
  | { readonly is: 'wrong'; readonly found: string }
  | { readonly is: 'value'; readonly value: Value }

const ABSENT = { is: 'absent' } as const

/** Own members of objects only. A path that meets anything else before its end leads nowhere. */
export function lookUp(claims: Claims, path: ClaimPath): Claim<JsonValue> {
  let value: JsonValue = claims
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return ABSENT
    const inner: JsonValue | undefined = value[name]
    if (inner === undefined) return ABSENT
    value = inner
  }
  return value === null ? { is: 'null' } : { is: 'value', value }
}

/** A name of something. */
export function readText(claims: Claims, path: ClaimPath): Claim<string> {
  const claim = lookUp(claims, path)
  return claim.is === 'value' ? asText(claim.value) : claim
}

/** A text, or the first of a list of texts: several providers send single values as lists. */
export function readFirstText(claims: Claims, path: ClaimPath): Claim<string> {
  const claim = readTexts(claims, path)
  if (claim.is !== 'value') return claim
  const [value] = claim.value
  return value === undefined ? ABSENT : { is: 'value', value }
}

/** One text is a list of one; it is never split. An element of the wrong type spoils the list. */
export function readTexts(claims: Claims, path: ClaimPath): Claim<readonly string[]> {
  const claim = lookUp(claims, path)
  if (claim.is !== 'value') return claim
  if (!isList(claim.value)) {
    const text = asText(claim.value)
    return text.is === 'value' ? { is: 'value', value: [text.value] } : text
  }
  const texts: string[] = []
  for (const element of claim.value) {
    const text = asText(element)
    if (text.is !== 'value') return { is: 'wrong', found: 'list of more than names' }
    texts.push(text.value)
  }
  return { is: 'value', value: texts }
}

export function typeName(value: JsonValue): string {
  if (value === null) return 'null'
  return isList(value) ? 'list' : typeof value
}

/** Empty is as good as absent. */
function asText(value: JsonValue): Claim<string> {
  if (typeof value !== 'string') return { is: 'wrong', found: typeName(value) }
  if (value === '') return ABSENT
  return isNameable(value) ? { is: 'value', value } : { is: 'wrong', found: 'unprintable or too long' }
}

const CONTROLS = /[\p{Cc}\u2028\u2029]/u
const MAX_BYTES = 255

function isNameable(text: string): boolean {
  if (text.length > MAX_BYTES || !text.isWellFormed() || CONTROLS.test(text)) return false
  return new TextEncoder().encode(text).length <= MAX_BYTES
}
