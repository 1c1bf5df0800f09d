import type { Findings } from './finding.ts'
import type { Honoured } from './key-table.ts'
import { ENV } from './known-environment.ts'
import { LITELLM } from './known-litellm-settings.ts'
import { ROUTER } from './known-router-settings.ts'
import type { Section } from './section.ts'
import type { RouterSettings } from './settings.ts'
import { firstOf } from './without-absent.ts'

export interface RouterSections {
  readonly router: Section
  readonly litellm: Section
  readonly env: Section
}

const MINUTE_MS = 60_000

export function readRouter({ router, litellm, env }: RouterSections, findings: Findings): RouterSettings {
  const either = <Value>(key: Honoured<Value>): Value | undefined => {
    const wins = router.take(key)
    const yields = litellm.take(key)
    if (wins !== undefined && yields !== undefined) {
      findings.note(litellm.placeOf(key), litellm.pathOf(key.name), `Overridden by router_settings.${key.name}.`)
    }
    return firstOf(wins, yields)
  }

  router.take(ROUTER.strategy)
  const requestTimeoutMs = litellm.take(LITELLM.requestTimeoutMs)
  const timeoutMs = firstOf(router.take(ROUTER.timeoutMs), requestTimeoutMs) ?? 10 * MINUTE_MS
  const allowedFails = either(ROUTER.allowedFails)
  const allowedFailsOfEnv = env.take(ENV.allowedFails)
  const cooldownOfEnv = env.take(ENV.cooldownMs)
  const maxFallbacksOfEnv = env.take(ENV.maxFallbacks)
  const maxStreamingDurationMs = env.take(ENV.maxStreamingMs)

  return {
    strategy: 'simple-shuffle',
    numRetries: either(ROUTER.numRetries) ?? 2,
    timeoutMs,
    streamTimeoutMs: router.take(ROUTER.streamTimeoutMs) ?? timeoutMs,
    ...(maxStreamingDurationMs === undefined ? {} : { maxStreamingDurationMs }),
    retryAfterMs: router.take(ROUTER.retryAfterMs) ?? 0,
    retryPolicy: router.take(ROUTER.retryPolicy) ?? new Map(),
    groupRetryPolicy: router.take(ROUTER.modelGroupRetryPolicy) ?? new Map(),
    disableCooldowns: router.take(ROUTER.disableCooldowns) ?? false,
    cooldownMs: either(ROUTER.cooldownMs) ?? cooldownOfEnv ?? 5000,
    allowedFails: allowedFails ?? allowedFailsOfEnv ?? 3,
    allowedFailsWritten: allowedFails !== undefined || allowedFailsOfEnv !== undefined,
    allowedFailsPolicy: router.take(ROUTER.allowedFailsPolicy) ?? new Map(),
    failureThreshold: {
      share: env.take(ENV.failureShare) ?? 0.5,
      minimumRequests: env.take(ENV.failureMinimum) ?? 5,
      singleDeploymentRequests: env.take(ENV.failureSingle) ?? 1000,
    },
    fallbacks: either(ROUTER.fallbacks) ?? new Map(),
    contextWindowFallbacks: either(ROUTER.contextWindowFallbacks) ?? new Map(),
    contentPolicyFallbacks: either(ROUTER.contentPolicyFallbacks) ?? new Map(),
    defaultFallbacks: either(ROUTER.defaultFallbacks) ?? [],
    maxFallbacks: router.take(ROUTER.maxFallbacks) ?? maxFallbacksOfEnv ?? 5,
  }
}
