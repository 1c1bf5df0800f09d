import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { HeaderReader } from '../1-intake/arrival.ts'

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
export function findCredential(headers: HeaderReader, keyHeader: string | undefined): Decision<string> {
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

/** Takes a known scheme off, once and at the start only; undefined when there is none. */
export function withoutScheme(raw: string): string | undefined {
  const scheme = raw.slice(0, 7).toLowerCase()
  if (scheme === 'bearer ') return raw.slice(7)
  // J-02: a token of a provider comes as a bearer token and in no other way.
  if (scheme.startsWith('basic ')) {
    const value = raw.slice(6)
    return value.includes('.') && !value.startsWith('sk-') ? undefined : value
  }
  return SIGV4.exec(raw)?.[1]
}
