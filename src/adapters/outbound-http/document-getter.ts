import type { LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import type { DocumentAnswer, DocumentAsk, DocumentGetter } from '../../ports/document-getter.ts'
import { isForbiddenHost } from './forbidden-addresses.ts'
import { guardedLookup } from './guarded-lookup.ts'
import { isLoopbackAddress, judgeProviderUrl } from './judge-provider-url.ts'

const CONNECT_MS = 3_000
const MAX_HEADER_BYTES = 64 * 1024

export interface DocumentGetterOptions {
  readonly send?: typeof request
  readonly lookup?: LookupFunction
}

/** The way out to identity providers (N-20, J-14): what the operator named, over TLS, or to this machine without. */
export function openDocumentGetter({
  send = request,
  lookup = guardedLookup(),
}: DocumentGetterOptions = {}): DocumentGetter {
  const shared = { keepAliveTimeout: 4_000, maxHeaderSize: MAX_HEADER_BYTES, allowH2: false }
  const secure = new Agent({ ...shared, connect: { timeout: CONNECT_MS, lookup } })
  const local = new Agent({ ...shared, connect: { timeout: CONNECT_MS, lookup: onlyLoopback(lookup) } })

  return {
    async get(ask) {
      const flaw = judgeProviderUrl(ask.url)
      if (flaw !== undefined) return { is: 'unreachable', why: flaw }
      const { hostname, protocol } = new URL(ask.url)
      if (isForbiddenHost(hostname)) return { is: 'unreachable', why: 'the address is never called' }
      try {
        return await exchange(ask, send, protocol === 'https:' ? secure : local)
      } catch (error) {
        return { is: 'unreachable', why: codeOf(error) }
      }
    },
    async close() {
      await Promise.all([secure.destroy(), local.destroy()])
    },
  }
}

async function exchange(ask: DocumentAsk, send: typeof request, dispatcher: Agent): Promise<DocumentAnswer> {
  const { statusCode, headers, body } = await send(ask.url, {
    dispatcher,
    method: ask.method,
    headers: { 'accept-encoding': 'identity', ...ask.headers },
    body: ask.body ?? null,
    signal: AbortSignal.timeout(ask.timeoutMs),
  })
  // Leaving an answer is an error to its stream, which without a listener would end the process.
  body.on('error', () => {})
  const coding = headers['content-encoding']
  if (coding !== undefined && coding !== 'identity') {
    body.destroy()
    return { is: 'unfit', why: 'the answer is compressed' }
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > ask.maxBytes) {
      body.destroy()
      return { is: 'unfit', why: `the answer is longer than ${ask.maxBytes} bytes` }
    }
    chunks.push(bytes)
  }
  const contentType = headers['content-type']
  return {
    is: 'answer',
    status: statusCode,
    contentType: typeof contentType === 'string' ? contentType : '',
    bytes: Buffer.concat(chunks),
  }
}

/** Without TLS a name that leads off this machine would be anybody's to answer for. */
function onlyLoopback(lookup: LookupFunction): LookupFunction {
  return (host, options, done) =>
    lookup(host, options, (error, address, family) => {
      const found = typeof address === 'string' ? [address] : address.map((each) => each.address)
      if (error === null && !found.every(isLoopbackAddress))
        return done(Object.assign(new Error('not on this machine'), { code: 'EGRESS_REFUSED' }), '')
      return done(error, address, family)
    })
}

/** Codes, never messages: these may quote what was sent. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
