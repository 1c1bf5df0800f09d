import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { FailureClass } from '../../domain/upstream-failure.ts'
import type { HeaderReader } from './arrival.ts'
import { NO_SPECIAL_FALLBACKS, readFallbacks } from './read-fallbacks.ts'
import type { NamedFallbacks } from './read-fallbacks.ts'

/** How a caller may shape its own call, within the operator's bounds. */
export interface CallControls extends NamedFallbacks {
  readonly timeoutMs: number | undefined
  readonly streamTimeoutMs: number | undefined
  readonly numRetries: number | undefined
  readonly disableFallbacks: boolean
  /** Only with `compat.client_mock_response`. */
  readonly mockResponse: string | undefined
  /** How the first group is to fail without being tried; under the same setting. */
  readonly mockFailure: FailureClass | undefined
}

/** Of a call that nobody shapes: one way, one try. */
export const NO_CONTROLS: CallControls = {
  timeoutMs: undefined,
  streamTimeoutMs: undefined,
  numRetries: undefined,
  fallbacks: [],
  specialFallbacks: NO_SPECIAL_FALLBACKS,
  disableFallbacks: true,
  mockResponse: undefined,
  mockFailure: undefined,
}

export interface ControlLimits {
  readonly maxTimeoutMs: number
  readonly maxRetries: number
}

const MOCK_FAILURES: readonly (readonly [name: string, failure: FailureClass])[] = [
  ['mock_testing_context_fallbacks', 'ContextWindowExceededError'],
  ['mock_testing_context_window_fallbacks', 'ContextWindowExceededError'],
  ['mock_testing_content_policy_fallbacks', 'ContentPolicyViolationError'],
  ['mock_testing_fallbacks', 'RateLimitError'],
  ['mock_testing_rate_limit_error', 'RateLimitError'],
]

/** What callers may order of us under `compat.client_mock_response`; any other hook is refused then too. */
export const TEST_HOOKS: ReadonlySet<string> = new Set(['mock_response', ...MOCK_FAILURES.map(([name]) => name)])

export function readControls(
  body: JsonObject,
  model: string,
  headers: HeaderReader,
  limits: ControlLimits,
): Decision<CallControls> {
  const timeout = readSeconds(
    'timeout',
    body['timeout'] ?? body['request_timeout'] ?? headers.get('x-litellm-timeout'),
    limits,
  )
  if (timeout.verdict === 'deny') return timeout
  const streamTimeout = readSeconds(
    'stream_timeout',
    body['stream_timeout'] ?? headers.get('x-litellm-stream-timeout'),
    limits,
  )
  if (streamTimeout.verdict === 'deny') return streamTimeout
  const retries = readRetries(body['num_retries'] ?? headers.get('x-litellm-num-retries'), limits)
  if (retries.verdict === 'deny') return retries
  const fallbacks = readFallbacks(body, model)
  if (fallbacks.verdict === 'deny') return fallbacks

  const mock = body['mock_response'] ?? undefined
  if (mock !== undefined && typeof mock !== 'string') {
    return deny('bad-request', 'param_type', '`mock_response` must be a text; objects are not understood here.')
  }
  return allow({
    timeoutMs: timeout.granted,
    streamTimeoutMs: streamTimeout.granted,
    numRetries: retries.granted,
    ...fallbacks.granted,
    disableFallbacks: body['disable_fallbacks'] === true,
    mockResponse: mock,
    mockFailure: MOCK_FAILURES.find(([name]) => body[name] === true)?.[1],
  })
}

/** A longer wait than the operator allows is the operator's, not an error: SDKs send generous defaults. */
function readSeconds(name: string, raw: JsonValue | undefined, limits: ControlLimits): Decision<number | undefined> {
  if (raw === undefined || raw === null) return allow(undefined)
  const seconds = typeof raw === 'string' ? Number(raw) : raw
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) {
    return deny('bad-request', 'param_type', `\`${name}\` must be a number of seconds above 0.`)
  }
  return allow(Math.min(Math.ceil(seconds * 1000), limits.maxTimeoutMs))
}

function readRetries(raw: JsonValue | undefined, limits: ControlLimits): Decision<number | undefined> {
  if (raw === undefined || raw === null) return allow(undefined)
  const count = typeof raw === 'string' && raw !== '' ? Number(raw) : raw
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) {
    return deny('bad-request', 'param_type', '`num_retries` must be a whole number, 0 or more.')
  }
  return allow(Math.min(count, limits.maxRetries))
}
