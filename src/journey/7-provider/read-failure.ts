import type { FailureClass, UpstreamFailure } from '../../domain/upstream-failure.ts'
import { FAILURE_STATUS } from '../../domain/upstream-failure.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { UpstreamFault } from '../../ports/upstream.ts'
import { readErrorBody } from './read-error-body.ts'
import { redact, redactAll } from './redact.ts'

const MAX_TEXT = 1_024

const BY_STATUS: ReadonlyMap<number, FailureClass> = new Map<number, FailureClass>([
  [400, 'BadRequestError'],
  [401, 'AuthenticationError'],
  [403, 'PermissionDeniedError'],
  [404, 'NotFoundError'],
  [408, 'Timeout'],
  [409, 'ConflictError'],
  [413, 'BadRequestError'],
  [415, 'BadRequestError'],
  [422, 'UnprocessableEntityError'],
  [429, 'RateLimitError'],
  [500, 'InternalServerError'],
  [502, 'BadGatewayError'],
  [503, 'ServiceUnavailableError'],
  [504, 'Timeout'],
  [529, 'InternalServerError'],
])

const CONTEXT_WINDOW =
  /maximum context length|prompt is too long|input is too long|exceeds the maximum number of tokens|context_length_exceeded|string too long/i
const CONTENT_POLICY =
  /content_policy_violation|content management policy|responsible ai policy|content filtering policy|content_filter/i

/** Reads an answer that is not a success. The upstream's own words are passed on for its 4xx only, and never its secrets. */
export function readFailure(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  secrets: readonly string[],
  now: number,
): UpstreamFailure {
  const error = readErrorBody(body)
  const said = typeof error?.['message'] === 'string' ? error['message'] : ''
  const code = typeof error?.['code'] === 'string' ? error['code'] : ''
  const failure = classOf(status, `${said} ${code}`)
  const own = status >= 500 || status < 400 || status === 401 || status === 403
  const param = error?.['param']
  return {
    failure,
    status: statusFor(failure, status),
    text: own || said === '' ? ownText(failure, status) : redact(said, secrets).slice(0, MAX_TEXT),
    param: !own && typeof param === 'string' ? redact(param, secrets).slice(0, 128) : null,
    details: failure === 'ContentPolicyViolationError' ? innerError(error, secrets) : undefined,
    retryAfterMs: readRetryAfter(headers, now),
    headers: [],
    mayHaveBilled: false,
  }
}

export function failureOfFault(fault: UpstreamFault, sent: boolean): UpstreamFailure {
  const failure: FailureClass =
    fault === 'timeout' ? 'Timeout' : fault === 'protocol' ? 'BadGatewayError' : 'APIConnectionError'
  return {
    failure,
    status: FAILURE_STATUS[failure],
    text: FAULT_TEXT[fault],
    param: null,
    details: undefined,
    retryAfterMs: undefined,
    headers: [],
    mayHaveBilled: sent,
  }
}

export function unreadableAnswer(text: string): UpstreamFailure {
  return { ...failureOfFault('protocol', true), text }
}

/** An error that the upstream tells in the midst of a success: in a stream, or under status 200. */
export function failureTold(error: JsonValue, secrets: readonly string[]): UpstreamFailure {
  const said = isObject(error) ? error['message'] : error
  const status = isObject(error) ? statusTold(error) : Number.NaN
  const base = unreadableAnswer('The upstream reported an error in its answer.')
  const isClientError = status >= 400 && status < 500 && status !== 401 && status !== 403
  if (!isClientError || typeof said !== 'string')
    return { ...base, failure: 'InternalServerError', status: FAILURE_STATUS.InternalServerError }
  const code = isObject(error) && typeof error['code'] === 'string' ? error['code'] : ''
  const failure = classOf(status, `${said} ${code}`)
  return {
    ...base,
    failure,
    status: FAILURE_STATUS[failure],
    text: redact(said, secrets).slice(0, MAX_TEXT),
  }
}

/** Its number may stand in `code` or in `status`; some only have a word. */
function statusTold({ code, status }: JsonObject): number {
  const numbers = [code, status].map((each) => (each === null ? Number.NaN : Number(each)))
  // Other numbers are the provider's own.
  const number = numbers.find((each) => each >= 400 && each < 600)
  return number ?? (typeof code === 'string' ? (STATUS_OF_WORDS.get(code) ?? Number.NaN) : Number.NaN)
}

const STATUS_OF_WORDS: ReadonlyMap<string, number> = new Map([
  ['context_length_exceeded', 400],
  ['content_filter', 400],
  ['content_policy_violation', 400],
  ['rate_limit_exceeded', 429],
])

const FAULT_TEXT: Readonly<Record<UpstreamFault, string>> = {
  connect: 'The upstream could not be reached.',
  timeout: 'APITimeoutError - Request timed out.',
  reset: 'The connection to the upstream broke.',
  protocol: 'The upstream sent an answer that cannot be read.',
  aborted: 'The call was cancelled.',
}

function classOf(status: number, said: string): FailureClass {
  if (status === 400 || status === 413 || status === 422) {
    if (CONTEXT_WINDOW.test(said)) return 'ContextWindowExceededError'
    if (CONTENT_POLICY.test(said)) return 'ContentPolicyViolationError'
  }
  const known = BY_STATUS.get(status)
  if (known !== undefined) return known
  if (status >= 300 && status < 400) return 'BadGatewayError'
  if (status >= 400 && status < 500) return 'BadRequestError'
  return status >= 500 ? 'InternalServerError' : 'APIError'
}

/** 413 and 415 are about our request; the client's own status for them is 400 as the class says. */
function statusFor(failure: FailureClass, upstream: number): number {
  return failure === 'APIError' && upstream >= 400 ? upstream : FAILURE_STATUS[failure]
}

function ownText(failure: FailureClass, status: number): string {
  if (status === 401 || status === 403) return "The upstream refused the gateway's credential for this model."
  if (status >= 300 && status < 400) return 'The upstream answered with a redirect, which is not followed.'
  return failure === 'Timeout' ? 'The upstream did not answer in time.' : `The upstream failed with status ${status}.`
}

/** Azure says which filter objected; clients show it. Only its own known members are passed on. */
function innerError(error: JsonObject | undefined, secrets: readonly string[]): string | undefined {
  const inner = error?.['innererror']
  if (!isObject(inner)) return undefined
  const text = JSON.stringify({ innererror: redactAll(inner, secrets) })
  return text.length <= MAX_TEXT * 4 ? text : undefined
}

/** A quota may be used up for the day; an upstream that names a later time is asked again meanwhile. */
const LONGEST_REST_MS = 60 * 60_000

function readRetryAfter(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  now: number,
): number | undefined {
  const ms = Number(single(headers['retry-after-ms']))
  if (Number.isFinite(ms) && ms > 0) return Math.min(ms, LONGEST_REST_MS)
  const raw = single(headers['retry-after'])
  if (raw === undefined) return undefined
  const seconds = Number(raw)
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.min(Math.round(seconds * 1000), LONGEST_REST_MS) : undefined
  const at = Date.parse(raw)
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, at - now), LONGEST_REST_MS)
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
