import { isObject } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'

/** Control, format and direction characters, lone surrogates, separators of lines and paragraphs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const LONGEST = 2_048

/** what anybody wrote, so that it stays one piece of one line wherever it is shown. */
export function auditText(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return cut.replaceAll(UNSEEN, (unseen) => `\\u{${(unseen.codePointAt(0) ?? 0).toString(16)}}`)
}

export function auditValues(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [auditText(name), auditValue(value)]))
}

function auditValue(value: JsonValue): JsonValue {
  if (typeof value === 'string') return auditText(value)
  if (Array.isArray(value)) return value.map(auditValue)
  return isObject(value) ? auditValues(value) : value
}
