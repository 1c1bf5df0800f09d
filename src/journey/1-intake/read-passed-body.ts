import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { NextTurn } from '../../ports/next-turn.ts'
import { INFERENCE_BOUNDS, LARGE_BODY, parseBody, parseLargeBody } from './parse-body.ts'
import type { ParsedBody } from './parse-body.ts'

/** A body that goes on as it came. */
export interface PassedBody {
  /** Undefined: there is none. */
  readonly bytes: Uint8Array | undefined
  /** Undefined: it is no JSON object, and what it asks for is between the caller and the upstream. */
  readonly parsed: ParsedBody | undefined
}

/**
 * N-11: what could be read as a JSON object is one that all readers understand alike, or is refused; anything else is
 * passed on unread.
 */
export async function readPassedBody(
  bytes: Uint8Array,
  contentType: string,
  nextTurn: NextTurn,
): Promise<Decision<PassedBody>> {
  if (bytes.byteLength === 0) return allow({ bytes: undefined, parsed: undefined })
  if (!beginsObject(bytes)) return allow({ bytes, parsed: undefined })
  const text = decode(bytes)
  const parsed =
    text === undefined
      ? NOT_UTF8
      : text.length > LARGE_BODY
        ? await parseLargeBody(text, INFERENCE_BOUNDS, nextTurn)
        : parseBody(text, INFERENCE_BOUNDS)
  if (parsed.verdict === 'allow') return allow({ bytes, parsed: parsed.granted })
  return JSON_TYPE.test(contentType) || contentType === '' ? parsed : allow({ bytes, parsed: undefined })
}

const JSON_TYPE = /^[^;,]*\bjson\b/i
const SPACES: ReadonlySet<number | undefined> = new Set([9, 10, 13, 32])
const OPEN_BRACE = 123

function beginsObject(bytes: Uint8Array): boolean {
  let at = 0
  while (SPACES.has(bytes[at])) at += 1
  return bytes[at] === OPEN_BRACE
}

const NOT_UTF8 = deny('body-unparsable', 'http_body', 'The body is not valid UTF-8.')
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
