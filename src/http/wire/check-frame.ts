import type { IncomingMessage } from 'node:http'
import type { ProblemCode } from '../../domain/problem.ts'
import type { Reason } from '../../domain/reason.ts'

const MAX_TARGET = 8 * 1024
const TARGET = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*(?:\?[\u0021-\u0022\u0024-\u007e]*)?$/
const DOTS_OR_GAPS = /\/(?:\.{0,2})(?=\/)|\/\.{1,2}$/
const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/** Names that decide something: twice is once too often, even with equal values. */
const ONCE =
  /^(?:authorization|api-key|x-api-key|x-goog-api-key|ocp-apim-subscription-key|content-type|content-length|content-encoding|transfer-encoding|host|origin|cookie|x-litellm-.*|mcp-.*)$/i

export interface Flaw {
  readonly problem: ProblemCode
  readonly because?: Reason
  readonly say: string
}

/**
 * What Node's parser lets through and two readers could understand differently. It runs before routing, on the target as
 * received; no URL object is ever made of it.
 */
export function findFrameFlaw(request: IncomingMessage): Flaw | undefined {
  const { httpVersion } = request
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return malformed('Only HTTP/1.1 and HTTP/1.0 are spoken here.')
  const target = request.url ?? ''
  // About the server as a whole, which has nothing to tell.
  if (target === '*' && request.method === 'OPTIONS')
    return { problem: 'method-not-allowed', say: 'There are no options of the whole server.' }
  if (target.length > MAX_TARGET) return malformed(`The request target is longer than ${MAX_TARGET} bytes.`)
  if (!TARGET.test(target)) return malformed('The request target must be a plain path with an optional query.')
  const query = target.indexOf('?')
  const path = query === -1 ? target : target.slice(0, query)
  if (DOTS_OR_GAPS.test(path)) return malformed('The path has empty or dot segments.')
  if (path.includes('%') && hidesSomething(path)) return malformed('The path hides a delimiter or is not valid UTF-8.')

  const { host } = request.headers
  if (host === undefined || !HOST.test(host)) return malformed('The `Host` header is missing or malformed.')
  const framing = framingFlaw(request, path)
  if (framing !== undefined) return malformed(framing)
  return repeatedFlaw(request)
}

/** Whose body has a schema, as clients of the compatible API send it. */
const DELETES_WITH_BODY: ReadonlySet<string> = new Set(['/organization/delete', '/organization/member_delete'])

function framingFlaw(request: IncomingMessage, path: string): string | undefined {
  const { method = '', headers, httpVersion } = request
  const coding = headers['transfer-encoding']
  if (coding !== undefined) {
    if (httpVersion !== '1.1') return '`Transfer-Encoding` is for HTTP/1.1.'
    if (coding.toLowerCase() !== 'chunked') return 'The only transfer coding understood is `chunked`.'
    if (headers['content-length'] !== undefined) return '`Content-Length` and `Transfer-Encoding` exclude each other.'
  }
  const length = headers['content-length']
  const deletes = method === 'DELETE' && !DELETES_WITH_BODY.has(path.replace(/\/$/, ''))
  const bodyless = method === 'GET' || method === 'HEAD' || deletes || method === 'OPTIONS'
  if (bodyless && (coding !== undefined || (length !== undefined && length !== '0')))
    return `${method} takes no body here.`
  return undefined
}

function repeatedFlaw({ headers, rawHeaders }: IncomingMessage): Flaw | undefined {
  let names = 0
  for (const _ in headers) names += 1
  if (rawHeaders.length === names * 2) return undefined

  const seen = new Set<string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    if (seen.has(name) && ONCE.test(name)) {
      // A repeated credential is the caller's to mend at its credentials: the same 401 wherever it goes.
      const isCredential =
        /^(?:authorization|api-key|x-api-key|x-goog-api-key|ocp-apim-subscription-key|x-litellm-api-key)$/.test(name)
      return isCredential
        ? {
            problem: 'credential-repeated',
            because: 'cred_duplicate_header',
            say: `Authentication Error, The header \`${name}\` was sent more than once. Send it once.`,
          }
        : malformed(`The header \`${name.slice(0, 64)}\` was sent more than once.`)
    }
    seen.add(name)
  }
  return undefined
}

/** Encoded slashes stay for the route to judge: in a model's name they are legal. */
function hidesSomething(path: string): boolean {
  return path.split('/').some((segment) => {
    if (!segment.includes('%')) return false
    let plain: string
    try {
      plain = decodeURIComponent(segment)
    } catch {
      return true
    }
    return (
      /[\u0000-\u001f\u007f\\]|%(?:2e|2f|5c|00|25)/i.test(plain) ||
      plain === '.' ||
      plain === '..' ||
      plain.split('/').some((part) => part === '.' || part === '..')
    )
  })
}

function malformed(say: string): Flaw {
  return { problem: 'target-malformed', say }
}
