import type { PassThrough, PassThroughMethod } from '../../../domain/pass-through.ts'
import { looksLikeSecret, namesSecret } from '../../../domain/secret-names.ts'
import type { UpstreamCall } from '../../../ports/upstream.ts'
import { credentialTexts } from '../credential-texts.ts'
import type { Timeouts } from '../openai/write-request.ts'
import { chooseClientHeaders } from './client-headers.ts'
import type { ClientRequest } from './client-headers.ts'
import { isCredential, writeQuery } from './write-query.ts'

export interface PassedRequest extends ClientRequest {
  readonly method: PassThroughMethod
  /** Below the prefix here, encoded, with its slash. */
  readonly rest: string
  /** As written. */
  readonly query: string
  readonly body: Uint8Array | undefined
  /** Names and values of headers that this gateway adds. */
  readonly ownHeaders: readonly string[]
}

/** INV-17: scheme, host, port, base path and credentials are the operator's, whatever the request says. */
export function writePassThroughCall(to: PassThrough, request: PassedRequest, timeouts: Timeouts): UpstreamCall {
  const headers = chooseClientHeaders(request, to)
  return {
    host: 'from-our-config',
    origin: to.origin,
    method: request.method,
    path: `${upstreamPath(to, request.rest) || '/'}${writeQuery(request.query, request.presented, to)}`,
    headers: Object.fromEntries(OURS.filter(([name]) => !to.headers.has(name))),
    ownHeaders: [...headers, ...request.ownHeaders],
    secretHeaders: to.headers,
    body: request.body,
    headTimeoutMs: timeouts.headMs,
    idleTimeoutMs: timeouts.idleMs,
  }
}

/** An answer is relayed as it comes, so it comes unpacked: what was used must be legible. */
const OURS = [
  ['user-agent', 'latchkey'],
  ['accept-encoding', 'identity'],
] as const

const VERSION = /^v\d+[a-z0-9]*$/

/** Base addresses are written with the version of the API or without; a path that begins with the same one means it once. */
export function upstreamPath({ basePath, isBuiltIn }: PassThrough, rest: string): string {
  const last = basePath.slice(basePath.lastIndexOf('/') + 1)
  const isTwice = isBuiltIn && VERSION.test(last) && (rest === `/${last}` || rest.startsWith(`/${last}/`))
  return isTwice ? basePath.slice(0, -last.length - 1) + rest : basePath + rest
}

/** Texts that must not come back in an answer. */
export function secretTexts({ headers, query }: PassThrough): readonly string[] {
  const ofHeaders = [...headers].flatMap(([name, value]) => {
    const texts = credentialTexts(value.reveal())
    return CREDENTIAL_NAME.test(name) || namesSecret(name) || looksLikeSecret(texts[0] ?? '') ? texts : []
  })
  const ofQuery = [...query].flatMap(([name, value]) => (isCredential(name) ? [value.reveal()] : []))
  return [...ofHeaders, ...ofQuery]
}

/** A header that says who calls; others of the operator hold words that any answer may hold as well. */
const CREDENTIAL_NAME = /auth|key|token|secret|cookie|signature|password/i
