import type { ServerResponse } from 'node:http'
import { PROBLEMS } from '../../domain/problem.ts'
import type { ProblemCode } from '../../domain/problem.ts'
import { announceClose } from './closing.ts'
import { COMPATIBLE_VERSION } from '../../journey/serving/reply-headers.ts'

/** On every answer. None of it depends on the request. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** The envelope that clients of the OpenAI and LiteLLM APIs read. `code` is the status, as a text. */
export function renderProblem(code: ProblemCode, say: string, status = statusOf(code)): object {
  const { type, param } = PROBLEMS[code]
  switch (wrapperOf(code)) {
    case 'detail.error':
      return { detail: { error: say } }
    case 'detail':
      return { detail: say }
    case 'error':
      return { error: { message: say, type, param, code: String(status) } }
  }
}

/** Under which member of the answer a problem of this name stands. */
export function wrapperOf(code: string): 'error' | 'detail' | 'detail.error' {
  if (RAW.some((one) => one === code)) return 'detail.error'
  return PLAIN.some((one) => one === code) ? 'detail' : 'error'
}

/** Terraform looks into `detail.error` for these. */
const RAW: readonly ProblemCode[] = [
  'model-info-unknown',
  'users-unknown',
  'customer-unknown',
  'tag-taken',
  'tags-unknown',
]

/** What the compatible API says about mappings of claims to keys. */
const PLAIN: readonly ProblemCode[] = [
  'mapping-admin-only',
  'mapping-malformed',
  'mapping-key-unknown',
  'mapping-not-found',
  'mapping-taken',
]

export function statusOf(code: ProblemCode): number {
  return PROBLEMS[code].status
}

export interface ProblemReply {
  readonly code: ProblemCode
  /** Where the wire has another one for all problems than they have themselves. */
  readonly status?: number | undefined
  readonly say?: string | undefined
  readonly callId: string
  readonly reason?: string | undefined
  /** The body of the request was not read, so the connection cannot be used again. */
  readonly close: boolean
  readonly extraHeaders?: Readonly<Record<string, string>>
}

/** RFC 6750 §3: the error is said of a token that was presented and is none. */
function challengeOf(code: ProblemCode): string {
  return code === 'token-refused' || code === 'token-expired' ? 'Bearer error="invalid_token"' : 'Bearer'
}

/** Writes a refusal or a fault, if anything can still be written. */
export function sendProblem(response: ServerResponse, reply: ProblemReply): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  if (reply.close) announceClose(response.req.socket)
  const status = reply.status ?? statusOf(reply.code)
  const body = JSON.stringify(renderProblem(reply.code, reply.say ?? PROBLEMS[reply.code].say, status))
  response.writeHead(status, {
    ...SAFE_HEADERS,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-litellm-call-id': reply.callId,
    'x-litellm-version': COMPATIBLE_VERSION,
    ...(status === 401 ? { 'www-authenticate': challengeOf(reply.code) } : {}),
    ...(status === 503 ? { 'retry-after': '1' } : {}),
    ...(status === 426 ? { upgrade: 'websocket', 'sec-websocket-version': '13' } : {}),
    ...(reply.code === 'too-many-guesses' ? { 'retry-after': '60' } : {}),
    ...(reply.reason === undefined ? {} : { 'x-reject-reason': reply.reason }),
    ...(reply.close ? { connection: 'close' } : {}),
    ...reply.extraHeaders,
  })
  response.end(body)
}
