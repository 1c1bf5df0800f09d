import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { CredentialPlace } from '../../domain/pass-through.ts'
import type { Arrival, HeaderReader } from '../1-intake/arrival.ts'

/** The headers that can carry a credential, in the order in which they are looked at. */
export const CREDENTIAL_HEADERS = [
  'x-litellm-api-key',
  'authorization',
  'api-key',
  'x-api-key',
  'x-goog-api-key',
  'ocp-apim-subscription-key',
] as const

/**
 * Finds the one credential that a request presents. `x-litellm-api-key` stands alone when it is there, so that the other
 * headers can carry a credential for somebody else; without it two different credentials are refused, never tried in turn.
 */
export function findCredential(
  headers: HeaderReader,
  keyHeader: string | undefined,
  place?: CredentialPlace,
): Decision<string> {
  const placed = place === undefined ? undefined : readPlace(headers, place)
  if (placed !== undefined) return placed
  if (keyHeader !== undefined) return readNamedHeader(headers, keyHeader)

  let found: string | undefined
  for (const name of CREDENTIAL_HEADERS) {
    const raw = headers.get(name)
    if (raw === undefined) continue
    if (headers.repeated(name)) return deny('credential-repeated', 'cred_duplicate_header')
    if (name === 'x-litellm-api-key') return nonEmpty(withoutScheme(raw) ?? raw)

    const value = name === 'authorization' ? (withoutScheme(raw) ?? '') : raw
    if (found !== undefined && value !== found) return deny('credential-ambiguous', 'cred_multiple')
    found = value
  }
  return found === undefined ? deny('credential-missing', 'cred_missing') : nonEmpty(found)
}

/** Where the route has a place of its own for it, and something stands there. */
function readPlace(headers: HeaderReader, { header, isBasicUser }: CredentialPlace): Decision<string> | undefined {
  const named = header === undefined ? undefined : headers.get(header)
  if (header !== undefined && named !== undefined) {
    if (headers.repeated(header)) return deny('credential-repeated', 'cred_duplicate_header')
    return nonEmpty(withoutScheme(named) ?? named)
  }
  const basic = isBasicUser ? BASIC.exec(headers.get('authorization') ?? '')?.[1] : undefined
  if (basic === undefined) return undefined
  if (headers.repeated('authorization')) return deny('credential-repeated', 'cred_duplicate_header')
  return nonEmpty(userOf(basic))
}

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i

/** RFC 7617: user and password, with a colon between them. */
function userOf(basic: string): string {
  try {
    return atob(basic).split(':', 1)[0] ?? ''
  } catch {
    return ''
  }
}

/** J-01: whoever sent none where one is taken from may have sent it elsewhere. Only the operator is told. */
export function misplaced(denied: Denied, { hasStrayCredential }: Pick<Arrival, 'hasStrayCredential'>): Denied {
  const isElsewhere = denied.because === 'cred_missing' && hasStrayCredential?.() === true
  return isElsewhere ? { ...denied, because: 'cred_location' } : denied
}

/** INV-34: every text of a request that could be its credential, so that none of them leaves with it. */
export function presentedTexts(
  headers: HeaderReader,
  keyHeader: string | undefined,
  place: CredentialPlace,
): readonly string[] {
  const names = [...CREDENTIAL_HEADERS, ...[keyHeader, place.header].filter((name) => name !== undefined)]
  const raw = names.map((name) => headers.get(name)).filter((value) => value !== undefined)
  const plain = raw.map((value) => afterScheme(value) ?? value)
  const users = plain.map(userOf)
  return [...new Set([...plain, ...users])].filter((text) => text.length >= SHORTEST)
}

/** A shorter text is in too many others to mean anything. */
const SHORTEST = 8

function readNamedHeader(headers: HeaderReader, name: string): Decision<string> {
  const raw = headers.get(name)
  if (raw === undefined) return deny('credential-malformed', 'cred_missing')
  if (headers.repeated(name)) return deny('credential-repeated', 'cred_duplicate_header')
  return nonEmpty(withoutScheme(raw) ?? '')
}

function nonEmpty(value: string): Decision<string> {
  return value === '' ? deny('credential-malformed', 'cred_scheme') : allow(value)
}

const SIGV4 = /^AWS4-HMAC-SHA256 .*?Credential=(?:Bearer\s+)?([^/\s,]+)/

/**
 * Takes a known scheme off, once and at the start only; undefined when there is none. Only keys come in other schemes than
 * Bearer (J-02): what else stands there is no token, and no business of the provider that is asked about those.
 */
export function withoutScheme(raw: string): string | undefined {
  const value = afterScheme(raw)
  return isBearer(raw) || value?.startsWith('sk-') === true ? value : undefined
}

function afterScheme(raw: string): string | undefined {
  if (isBearer(raw)) return raw.slice(7)
  return BASIC_SCHEME.test(raw) ? raw.slice(6) : SIGV4.exec(raw)?.[1]
}

const BASIC_SCHEME = /^basic /i

function isBearer(raw: string): boolean {
  return raw.slice(0, 7).toLowerCase() === 'bearer '
}
