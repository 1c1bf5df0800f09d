/** How an upstream failed, in the names that clients of the LiteLLM proxy match on. */
export const FAILURE_STATUS = {
  BadRequestError: 400,
  ContextWindowExceededError: 400,
  ContentPolicyViolationError: 400,
  AuthenticationError: 401,
  PermissionDeniedError: 403,
  NotFoundError: 404,
  Timeout: 408,
  ConflictError: 409,
  UnprocessableEntityError: 422,
  RateLimitError: 429,
  InternalServerError: 500,
  APIConnectionError: 500,
  BadGatewayError: 502,
  ServiceUnavailableError: 503,
  APIError: 500,
} as const satisfies Record<string, number>

export type FailureClass = keyof typeof FAILURE_STATUS

export interface UpstreamFailure {
  readonly failure: FailureClass
  /** What the client gets as the status. */
  readonly status: number
  /** Text of the upstream that may be shown: of its 4xx answers, bounded and without secrets and URLs; else ours. */
  readonly text: string
  readonly param: string | null
  /** `innererror` and the like, for a content-policy refusal. */
  readonly details: string | undefined
  readonly retryAfterMs: number | undefined
  readonly headers: readonly (readonly [string, string])[]
  /** The upstream may have done the work, and may bill it, although we have no answer. */
  readonly mayHaveBilled: boolean
  /** Set where it was we who ended the answer: the type that the client reads, with our text as it is. */
  readonly type?: 'budget_exceeded'
}

/** Whether trying the same thing again can help. */
export function isRetryable(failure: UpstreamFailure): boolean {
  return failure.status === 408 || failure.status === 409 || failure.status === 429 || failure.status >= 500
}
