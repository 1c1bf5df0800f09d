import { isObject, parseJson } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'

/** What an upstream says went wrong, in whichever of the usual shapes; `message` is its sentence. */
export function readErrorBody(body: string): JsonObject | undefined {
  const read = parseJson(body)
  // Some put it into a list, in which it stands alone.
  const parsed = Array.isArray(read) ? read[0] : read
  if (!isObject(parsed)) return read === undefined ? plainText(body) : undefined
  const { error, message, detail } = parsed
  if (isObject(error)) return error
  const said = typeof error === 'string' ? error : message === undefined ? detailText(detail) : undefined
  return said === undefined ? parsed : { message: said }
}

/** What no text has: bytes that were packed, or are in another coding. */
const NO_TEXT = /[\u0000-\u0008\u000e-\u001a\ufffd]/

/** A page was written by something in between, and tells a caller nothing. */
function plainText(body: string): JsonObject | undefined {
  const text = body.trim()
  return text === '' || /^[<{["]/.test(text) || NO_TEXT.test(text) ? undefined : { message: text }
}

/** Frameworks that check bodies tell a sentence, or every fault with its place. */
function detailText(detail: JsonValue | undefined): string | undefined {
  if (typeof detail === 'string') return detail
  if (!Array.isArray(detail)) return undefined
  const faults: readonly JsonValue[] = detail
  const told = faults.flatMap((fault) => (isObject(fault) ? faultTexts(fault) : []))
  return told.length === 0 ? undefined : told.join('; ')
}

function faultTexts({ loc, msg }: JsonObject): readonly string[] {
  if (typeof msg !== 'string') return []
  const place: readonly JsonValue[] = Array.isArray(loc) ? loc : []
  return [place.length === 0 ? msg : `${place.map(String).join('.')}: ${msg}`]
}
