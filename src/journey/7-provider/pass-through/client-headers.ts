import { namesSecret } from '../../../domain/secret-names.ts'
import type { PassThrough } from '../../../domain/pass-through.ts'

const PASSED = 'x-pass-'
const TOKEN = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/
const VALUE = /^[\u0020-\u007e\t]*$/

/** N-11: of one hop, of a credential, or of where a request came from. They go on under no name and no setting. */
const NEVER =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|host|content-length|content-encoding|accept-encoding|cookie2?|set-cookie.*|authorization|www-authenticate|api-key|x-api-key|x-goog-api-key|ocp-apim-subscription-key|x-goog-.*|x-amz-.*|x-forwarded-.*|forwarded|via|x-real-ip|x-client-ip|true-client-ip|cf-.*|x-original-.*|x-rewrite-.*|x-http-method.*|x-method-override|x-litellm-.*|litellm-.*|x-latchkey-.*|x-envoy-.*|sec-.*|origin|referer|user-agent|traceparent|tracestate|baggage|b3|x-b3-.*|x-request-id|openai-organization|openai-project|http2-settings)$/

/** What every call may say about its own body and about the answer that it wants. */
const ALWAYS: ReadonlySet<string> = new Set(['content-type', 'accept'])

export interface ClientRequest {
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  /** Every text that could be the caller's own credential. */
  readonly presented: readonly string[]
  /** Names of the operator's choice under which credentials come. */
  readonly credentialHeaders: readonly string[]
}

/** The headers of a caller that go on, names and values in turn. */
export function chooseClientHeaders(
  { rawHeaders, presented, credentialHeaders }: ClientRequest,
  { clientHeaders, headers: own }: Pick<PassThrough, 'clientHeaders' | 'headers'>,
): string[] {
  const barred = new Set([
    ...credentialHeaders.map(asNamed),
    ...connectionNames(rawHeaders),
    ...[...own.keys()].map(asNamed),
  ])
  const chosen = new Map<string, string>()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const written = (rawHeaders[at] ?? '').toLowerCase()
    const value = rawHeaders[at + 1] ?? ''
    const isPassed = clientHeaders.takesPassed && written.startsWith(PASSED)
    const name = isPassed ? written.slice(PASSED.length) : written
    if (!isPassed && !isListed(written, clientHeaders.names)) continue
    if (!mayGoOn(name, barred) || chosen.has(name) || !VALUE.test(value)) continue
    if (presented.some((text) => value.includes(text))) continue
    chosen.set(name, value)
  }
  return [...chosen].flat()
}

function isListed(name: string, names: readonly string[] | 'all'): boolean {
  return ALWAYS.has(name) || (names === 'all' ? !name.startsWith(PASSED) : names.includes(name))
}

/** N-09: servers behind us read `_` as `-`, so that both are one name. */
function mayGoOn(name: string, barred: ReadonlySet<string>): boolean {
  const plain = asNamed(name)
  return TOKEN.test(name) && !NEVER.test(plain) && !namesSecret(plain) && !barred.has(plain)
}

function asNamed(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

/** What the caller says belongs to this hop alone. */
function connectionNames(rawHeaders: readonly string[]): readonly string[] {
  const names: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'connection') continue
    names.push(...(rawHeaders[at + 1] ?? '').split(',').map((name) => asNamed(name.trim())))
  }
  return names
}
