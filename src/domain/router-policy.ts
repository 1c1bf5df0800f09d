import type { FailureClass } from './upstream-failure.ts'

/** The operator's rules for choosing, retrying and resting deployments. */
export interface RouterPolicy {
  readonly numRetries: number
  readonly timeoutMs: number
  readonly streamTimeoutMs: number
  readonly retryAfterMs: number
  readonly allowedFails: number
  /** Written down by the operator: then failures are counted, not measured as a share of the traffic. */
  readonly allowedFailsWritten: boolean
  readonly failureThreshold: FailureThreshold
  readonly cooldownMs: number
  readonly disableCooldowns: boolean
  readonly maxFallbacks: number
  readonly fallbacks: ReadonlyMap<string, readonly string[]>
  readonly contextWindowFallbacks: ReadonlyMap<string, readonly string[]>
  readonly contentPolicyFallbacks: ReadonlyMap<string, readonly string[]>
  readonly defaultFallbacks: readonly string[]
  /** Retries by class of failure, for all groups and for single ones. */
  readonly retryPolicy: RetriesByFailure
  readonly groupRetryPolicy: ReadonlyMap<string, RetriesByFailure>
  readonly allowedFailsPolicy: RetriesByFailure
}

/** When a deployment has failed too often within a minute. */
export interface FailureThreshold {
  /** 0 to 1. */
  readonly share: number
  readonly minimumRequests: number
  /** What a group of one deployment must have failed, all of it, before that deployment rests. */
  readonly singleDeploymentRequests: number
}

export type RetriesByFailure = ReadonlyMap<FailureClass | 'Default', number>
