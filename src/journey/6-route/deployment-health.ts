import type { Deployment } from '../../domain/deployment.ts'
import type { DeploymentId, EpochMs } from '../../domain/ids.ts'
import { epochMs } from '../../domain/ids.ts'
import type { RouterPolicy } from '../../domain/router-policy.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import { isRetryable } from '../../domain/upstream-failure.ts'

interface Minute {
  readonly startedAt: number
  successes: number
  failures: number
}

/** How a deployment came out of the last call that says something about it. */
export interface LastResult {
  readonly at: EpochMs
  /** Undefined: it answered. */
  readonly failure: UpstreamFailure | undefined
}

const MINUTE_MS = 60_000

/** What this process has seen of each deployment lately, and which of them rest. */
export class DeploymentHealth {
  readonly #policy: RouterPolicy
  readonly #minutes = new Map<DeploymentId, Minute>()
  readonly #running = new Map<DeploymentId, number>()
  readonly #restsUntil = new Map<DeploymentId, EpochMs>()
  readonly #last = new Map<DeploymentId, LastResult>()

  constructor(policy: RouterPolicy) {
    this.#policy = policy
  }

  /** Neither resting nor as busy as it may be. */
  isReady(deployment: Deployment, now: EpochMs): boolean {
    const most = deployment.entry.params.maxParallelRequests
    if (most !== undefined && (this.#running.get(deployment.id) ?? 0) >= most) return false
    return !this.#rests(deployment.id, now)
  }

  /** Every `enter` has its `leave`. */
  enter(id: DeploymentId): void {
    this.#running.set(id, (this.#running.get(id) ?? 0) + 1)
  }

  leave(id: DeploymentId): void {
    this.#running.set(id, (this.#running.get(id) ?? 1) - 1)
  }

  #rests(id: DeploymentId, now: EpochMs): boolean {
    const until = this.#restsUntil.get(id)
    if (until === undefined) return false
    if (until > now) return true
    this.#restsUntil.delete(id)
    return false
  }

  /** Undefined: this process has not called it yet. */
  lastOf(id: DeploymentId): LastResult | undefined {
    return this.#last.get(id)
  }

  /** Of a call that was made to see: whatever goes wrong with it speaks against the deployment. */
  recordProbe(id: DeploymentId, failure: UpstreamFailure | undefined, now: EpochMs): void {
    this.#last.set(id, { at: now, failure })
  }

  recordSuccess(id: DeploymentId, now: EpochMs): void {
    this.#minute(id, now).successes += 1
    this.#last.set(id, { at: now, failure: undefined })
  }

  /** Returns whether the deployment rests from now on. */
  recordFailure(deployment: Deployment, failure: UpstreamFailure, groupSize: number, now: EpochMs): boolean {
    const minute = this.#minute(deployment.id, now)
    minute.failures += 1
    if (speaksAgainst(failure)) this.#last.set(deployment.id, { at: now, failure })
    if (!this.#shouldRest(deployment, failure, groupSize, minute)) return false
    const rest = failure.retryAfterMs ?? deployment.entry.params.cooldownMs ?? this.#policy.cooldownMs
    this.#restsUntil.set(deployment.id, epochMs(now + rest))
    return true
  }

  #shouldRest(deployment: Deployment, failure: UpstreamFailure, groupSize: number, minute: Minute): boolean {
    if (this.#policy.disableCooldowns || deployment.group.includes('*')) return false
    if (failure.failure === 'APIConnectionError' || !speaksAgainst(failure)) return false
    const seen = minute.failures + minute.successes
    const { share, minimumRequests, singleDeploymentRequests } = this.#policy.failureThreshold
    if (groupSize < 2) return seen >= singleDeploymentRequests && minute.successes === 0
    if (failure.status === 429 || !isRetryable(failure)) return true
    const allowed = this.#policy.allowedFailsPolicy.get(failure.failure)
    if (allowed !== undefined) return minute.failures > allowed
    if (this.#policy.allowedFailsWritten) return minute.failures > this.#policy.allowedFails
    return seen >= minimumRequests && minute.failures / seen > share
  }

  #minute(id: DeploymentId, now: EpochMs): Minute {
    const current = this.#minutes.get(id)
    if (current !== undefined && now - current.startedAt < MINUTE_MS) return current
    const fresh = { startedAt: now, successes: 0, failures: 0 }
    this.#minutes.set(id, fresh)
    return fresh
  }
}

/** Against the deployment; what else goes wrong is the request's fault. */
function speaksAgainst({ status }: UpstreamFailure): boolean {
  return status >= 500 || [401, 404, 408, 429].includes(status)
}
