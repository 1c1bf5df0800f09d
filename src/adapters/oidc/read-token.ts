import type { Claims } from '../../domain/claims.ts'
import type { JsonObject } from '../../domain/json.ts'
import { parseStrictJson } from './parse-strict-json.ts'
import type { JsonFlaw } from './parse-strict-json.ts'
import { readHeader } from './read-header.ts'
import type { TokenHeader } from './read-header.ts'
import type { TokenFlaw } from './refuse-token.ts'

/** Understood the same way by every reader, and not proven in any way. */
export interface UnprovenToken {
  readonly text: string
  readonly header: TokenHeader
  readonly claims: Claims
}

const MAX_HEADER_BYTES = 4_096
const PARTS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
/** What five parts mean, some of which may be empty. */
const ENCRYPTED = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){4}$/

/** J-02 to J-07, in this order. */
export function readToken(text: string, maxBytes: number): UnprovenToken | TokenFlaw {
  if (text.length > maxBytes) return 'jwt_too_large'
  if (!PARTS.test(text)) return ENCRYPTED.test(text) ? 'jwt_jwe_unsupported' : 'jwt_malformed'
  const [head = '', body = '', signature = ''] = text.split('.')
  if (head.length > (MAX_HEADER_BYTES / 3) * 4 + 3) return 'jwt_too_large'

  const headBytes = decodeCanonical(head)
  const bodyBytes = decodeCanonical(body)
  if (headBytes === undefined || bodyBytes === undefined || decodeCanonical(signature) === undefined)
    return 'jwt_b64_noncanonical'
  if (headBytes.length > MAX_HEADER_BYTES) return 'jwt_too_large'

  const members = readObject(headBytes)
  if (typeof members === 'string') return members
  const claims = readObject(bodyBytes, TIMES)
  if (typeof claims === 'string') return claims
  const header = readHeader(members)
  return typeof header === 'string' ? header : { text, header, claims }
}

/** J-05: Node skips over what is no base64url, so only what it would write the same way counts. */
export function decodeCanonical(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : undefined
}

/** Their rules have a reason of their own for a number that is none. */
const TIMES = ['exp', 'nbf', 'iat']

function readObject(bytes: Uint8Array, mayBeInfinite: readonly string[] = []): JsonObject | TokenFlaw {
  const read = parseStrictJson(bytes)
  if (!read.ok) return FLAWS[read.flaw]
  const { value, infinite } = read
  if (infinite === 0) return value
  const known = mayBeInfinite.filter((name) => typeof value[name] === 'number' && !Number.isFinite(value[name]))
  return infinite > known.length ? 'jwt_json' : value
}

const FLAWS: Readonly<Record<JsonFlaw, TokenFlaw>> = {
  broken: 'jwt_json',
  'repeated-name': 'jwt_json_duplicate',
  'forbidden-name': 'jwt_json_name',
  'too-complex': 'jwt_too_complex',
}
