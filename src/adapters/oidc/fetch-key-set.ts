import type { JsonValue } from '../../domain/json.ts'
import type { KeySource } from '../../domain/token-settings.ts'
import type { DocumentGetter } from '../../ports/document-getter.ts'
import { askProvider } from './ask-provider.ts'
import type { ProviderAnswer } from './ask-provider.ts'
import { findKeySetUrl } from './find-key-set-url.ts'
import { publishedKeys } from './key-set.ts'

export type RemoteSource = Exclude<KeySource, { kind: 'pem' }>

export type FetchedKeys =
  | { readonly is: 'keys'; readonly keys: readonly JsonValue[]; readonly url: string }
  | { readonly is: 'unfit'; readonly what: string }
  | { readonly is: 'unreachable'; readonly why: string }

export interface FetchKeysAsk {
  readonly source: RemoteSource
  readonly issuer: string | undefined
  /** Where a discovery document led to not long ago. */
  readonly knownUrl: string | undefined
  readonly getter: DocumentGetter
  readonly wait: (ms: number) => Promise<void>
}

const MAX_BYTES = 256 * 1024
const BURST_MS = 5_000
const WAITS_MS = [250, 500]

/** Fetches a provider's keys, with a discovery before where that is how they are found; three attempts at most. */
export async function fetchKeySet(ask: FetchKeysAsk): Promise<FetchedKeys> {
  const deadline = performance.now() + BURST_MS
  for (let attempt = 0; ; attempt += 1) {
    const fetched = await fetchOnce(ask, deadline)
    const waitMs = WAITS_MS[attempt]
    if (fetched.is !== 'unreachable' || waitMs === undefined || performance.now() + waitMs >= deadline) return fetched
    await ask.wait(waitMs)
  }
}

async function fetchOnce(ask: FetchKeysAsk, deadline: number): Promise<FetchedKeys> {
  const get = (url: string): Promise<ProviderAnswer> =>
    askProvider(ask.getter, {
      url,
      maxBytes: MAX_BYTES,
      timeoutMs: Math.max(1, Math.ceil(deadline - performance.now())),
    })

  let url = ask.knownUrl ?? ask.source.url
  if (ask.source.kind === 'discovery' && ask.knownUrl === undefined) {
    const answer = await get(url)
    if (answer.is === 'unreachable') return answer
    if (answer.is === 'unfit') return { is: 'unfit', what: `OIDC discovery endpoint ${answer.what}` }
    const found = findKeySetUrl(answer.document, ask.source, ask.issuer)
    if ('flaw' in found) return { is: 'unfit', what: `OIDC discovery document ${found.flaw}` }
    url = found.url
  }
  const answer = await get(url)
  if (answer.is === 'unreachable') return answer
  if (answer.is === 'unfit') return { is: 'unfit', what: `JWKS endpoint ${answer.what}` }
  const keys = publishedKeys(answer.document)
  return typeof keys === 'string' ? { is: 'unfit', what: `JWKS endpoint ${keys}` } : { is: 'keys', keys, url }
}
