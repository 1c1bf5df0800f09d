import type { RouterPolicy } from '../../domain/router-policy.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import { isRetryable } from '../../domain/upstream-failure.ts'

export interface Attempted {
  readonly failure: UpstreamFailure
  /** Retries made in this group so far. */
  readonly retries: number
  readonly group: string
  /** What the request or the deployment asks for. */
  readonly wantedRetries: number | undefined
  /** Another deployment of the group could be asked at once. */
  readonly othersReady: boolean
  readonly fallbacksReady: boolean
  /** A number from 0 up to 1. */
  readonly chance: number
}

const LONGEST_WAIT_MS = 60_000
const FIRST_WAIT_MS = 500
const LONGEST_BACKOFF_MS = 8_000

/** How long to wait before the next try in the same group; undefined: no further try. */
export function planRetry(attempted: Attempted, policy: RouterPolicy): number | undefined {
  const { failure, othersReady } = attempted
  if (attempted.retries >= retriesFor(attempted, policy)) return undefined
  if (failure.failure === 'ContextWindowExceededError' || failure.failure === 'ContentPolicyViolationError')
    return undefined
  if (failure.status === 401 || failure.status === 403) return othersReady ? 0 : undefined
  if (!isRetryable(failure)) return undefined
  if (failure.status === 429 && !othersReady && attempted.fallbacksReady) return undefined
  if (othersReady) return 0
  if (failure.retryAfterMs !== undefined) return Math.min(failure.retryAfterMs, LONGEST_WAIT_MS)
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** attempted.retries, LONGEST_BACKOFF_MS)
  return Math.max(backoff * (0.75 + attempted.chance / 4), policy.retryAfterMs)
}

export function retriesFor(
  attempted: Pick<Attempted, 'wantedRetries' | 'group' | 'failure'>,
  policy: RouterPolicy,
): number {
  const byGroup = policy.groupRetryPolicy.get(attempted.group)
  const { failure } = attempted.failure
  return (
    attempted.wantedRetries ??
    byGroup?.get(failure) ??
    byGroup?.get('Default') ??
    policy.retryPolicy.get(failure) ??
    policy.retryPolicy.get('Default') ??
    policy.numRetries
  )
}
