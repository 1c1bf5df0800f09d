import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { credentialsIn, readSubProtocols } from '../../domain/sub-protocols.ts'
import type { HeaderReader } from '../1-intake/arrival.ts'
import { CREDENTIAL_HEADERS, findCredential, withoutScheme } from './find-credential.ts'

const SCHEME = 'Bearer '

/**
 * identity.md 3.5: the one credential of a WebSocket. Fewer places than other requests have can carry one; what stands in
 * any other place must not be a different one.
 */
export function findSocketCredential(headers: HeaderReader, keyHeader: string | undefined): Decision<string> {
  if (keyHeader !== undefined) return findCredential(headers, keyHeader)
  const authorization = headers.get('authorization')
  if (authorization !== undefined && !authorization.startsWith(SCHEME)) return deny('socket-scheme', 'cred_scheme')

  const offered = credentialsIn(readSubProtocols(headers.get('sec-websocket-protocol')))
  const [found] = [authorization?.slice(SCHEME.length), headers.get('api-key'), ...offered].filter(isGiven)
  if (found === undefined) return deny('socket-credential-missing', 'cred_missing')
  if (CREDENTIAL_HEADERS.some((name) => headers.repeated(name)))
    return deny('credential-repeated', 'cred_duplicate_header')

  const elsewhere = CREDENTIAL_HEADERS.map((name) => headers.get(name)).filter(isGiven)
  const all = [...elsewhere.map((raw) => withoutScheme(raw) ?? raw), ...offered]
  return all.every((each) => each === found) ? allow(found) : deny('credential-ambiguous', 'cred_multiple')
}

/** The headers of the same request as any other would carry its credential (identity.md 3.5, 3). */
export function presenting(credential: string, headers: HeaderReader): HeaderReader {
  const places: ReadonlySet<string> = new Set(CREDENTIAL_HEADERS)
  return {
    get(name) {
      if (name === 'authorization') return `${SCHEME}${credential}`
      return places.has(name) ? undefined : headers.get(name)
    },
    repeated: (name) => !places.has(name) && headers.repeated(name),
    find: (fits) => headers.find((name) => !places.has(name) && fits(name)),
  }
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined
}
