import { Problem } from '../../domain/problem.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { Reply } from '../../ports/reply.ts'
import type { Admission } from '../admission.ts'
import type { FailedAttempt } from './attempt-result.ts'
import type { AnswerHeaders } from './exchange-whole.ts'
import { redact } from '../7-provider/redact.ts'
import { addUpstreamHeaders, callHeaders } from './reply-headers.ts'
import type { CallFacts } from './reply-headers.ts'

interface Trail {
  readonly retries: number
  readonly maxRetries: number
  readonly fallbacks: readonly string[]
  readonly maxFallbacks: number
  readonly timeoutMs: number
  readonly showsApiBase: boolean
}

/** The error answer for a call that no deployment could serve. */
export function replyFailure(admission: Admission, result: FailedAttempt, trail: Trail, reply: Reply): void {
  const { failure, deployment, group } = result
  const headers = callHeaders({
    callId: admission.callId,
    principal: admission.principal,
    deployment,
    group,
    rates: admission.rates,
    retries: trail.retries,
    maxRetries: trail.maxRetries,
    fallbacks: trail.fallbacks.length,
    maxFallbacks: trail.maxFallbacks,
    showsApiBase: trail.showsApiBase,
  })
  headers.push('content-type', 'application/json', 'x-litellm-response-cost', '0')
  headers.push('x-litellm-timeout', String(trail.timeoutMs / 1000))
  addUpstreamHeaders(headers, tellable(result.headers, result.secrets), result.secrets)
  if (failure.retryAfterMs !== undefined) headers.push('retry-after', String(Math.ceil(failure.retryAfterMs / 1000)))
  reply.head(failure.status, headers)
  reply.end(
    JSON.stringify(errorBody(failure, deployment?.provider, messageOf(failure, deployment?.provider, group, trail))),
  )
}

/** What an upstream refuses it may explain in headers too: those that name a secret or an address are kept back. */
function tellable(headers: AnswerHeaders, secrets: readonly string[]): AnswerHeaders {
  const told = Object.entries(headers).filter(
    ([, value]) => typeof value === 'string' && redact(value, secrets) === value,
  )
  return Object.fromEntries(told)
}

/** What ends a stream that broke after its first frame. */
export function failureFrame(failure: UpstreamFailure, facts: CallFacts, admission: Admission): string {
  const provider = facts.deployment?.provider
  const body = errorBody(
    failure,
    provider,
    messageOf(failure, provider, facts.group ?? admission.model.group, undefined),
  )
  const isTyped = admission.ask.operation.streams !== 'chat-chunks'
  return isTyped
    ? `event: error\ndata: ${JSON.stringify({ ...body.error, type: 'error' })}\n\n`
    : `data: ${JSON.stringify(body)}\n\n`
}

/** For a caller of whom nothing is known, and about whom nothing is told. */
export function failureText(failure: UpstreamFailure): string {
  return JSON.stringify(errorBody(failure, undefined, failure.text))
}

interface ErrorBody {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string
    readonly provider_specific_fields?: unknown
  }
}

function errorBody(failure: UpstreamFailure, provider: string | undefined, message: string): ErrorBody {
  const error = {
    message,
    type: failure.type ?? (provider !== undefined && failure.status === 429 ? 'throttling_error' : 'None'),
    param: failure.param,
    code: String(failure.status),
  }
  if (failure.details === undefined) return { error }
  const details: unknown = JSON.parse(failure.details)
  return { error: { ...error, provider_specific_fields: details } }
}

function messageOf(
  failure: UpstreamFailure,
  provider: string | undefined,
  group: string,
  trail: Trail | undefined,
): string {
  // Without a deployment it is the router that speaks, in words of its own that clients look for.
  if (provider === undefined || failure.type !== undefined) return failure.text
  const special = failure.failure === 'ContextWindowExceededError' || failure.failure === 'ContentPolicyViolationError'
  const chain = special ? `litellm.${failure.failure}: litellm.BadRequestError` : `litellm.${failure.failure}`
  const inner = failure.failure === 'RateLimitError' ? 'RateLimitError: ' : ''
  const message = `${chain}: ${inner}${exceptionName(provider)} - ${failure.text}`
  if (trail === undefined) return message
  const fallbacks = trail.fallbacks.length === 0 ? 'None' : `[${trail.fallbacks.map((name) => `'${name}'`).join(', ')}]`
  const retried =
    trail.retries === 0 ? '' : ` LiteLLM Retried: ${trail.retries} times, LiteLLM Max Retries: ${trail.maxRetries}`
  return `${message}. Received Model Group=${group}\nAvailable Model Group Fallbacks=${fallbacks}${retried}`
}

const EXCEPTION_NAMES: Readonly<Record<string, string>> = {
  openai: 'OpenAIException',
  azure: 'AzureException',
  hosted_vllm: 'Hosted_vllmException',
}

function exceptionName(provider: string): string {
  return EXCEPTION_NAMES[provider] ?? `${provider.charAt(0).toUpperCase()}${provider.slice(1)}Exception`
}

/** The same failure for routes that answer plainly. */
export function statusProblem(failure: UpstreamFailure, provider: string): Problem {
  const say = messageOf(failure, provider, '', undefined)
  if (failure.status === 404) return new Problem('object-not-found', say)
  if (failure.status === 408) return new Problem('upstream-timeout', say)
  if (failure.status === 429) return new Problem('upstream-limited', say)
  return failure.status < 500 ? new Problem('bad-request', say) : new Problem('upstream-unreadable', say)
}
