import type { JsonValue } from '../../domain/json.ts'
import { blotPieces } from './secret-pieces.ts'

const URLS = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>)\]}]+/gi
const KEYS = /\b(?:sk|pk|rk|key|xai|gsk|AIza|ghp|glpat|xox[a-z])[-_][0-9A-Za-z*_.-]{4,}/g
const BEARERS = /\b(?:bearer|basic)\s+[0-9A-Za-z+/=_.~-]{6,}/gi
const TOKENS = /\beyJ[0-9A-Za-z_-]{6,}(?:\.[0-9A-Za-z_-]*){0,4}/g
/** Control, direction and line-breaking characters: nobody's message needs them. */
const UNSHOWN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** The second line of defence for words that are not ours: what looks like a secret or an address does not pass. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text.slice(0, 16_384).replace(URLS, '[url]')
  for (const secret of secrets) {
    if (secret.length >= 4) clean = clean.replaceAll(secret, '[secret]')
  }
  return blotPieces(clean, secrets)
    .replace(BEARERS, '[secret]')
    .replace(TOKENS, '[secret]')
    .replace(KEYS, '[secret]')
    .replace(UNSHOWN, ' ')
}

const DEEPEST = 32

/** An error in the upstream's own shape: every text in it. What is nested deeper than any error is left out. */
export function redactAll(value: JsonValue, secrets: readonly string[], depth = DEEPEST): JsonValue {
  if (typeof value === 'string') return redact(value, secrets)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return null
  if (Array.isArray(value)) return value.map((item) => redactAll(item, secrets, depth - 1))
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redactAll(inner, secrets, depth - 1)]))
}
