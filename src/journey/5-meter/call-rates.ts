import type { Decision, Denied } from '../../domain/decision.ts'
import { allow } from '../../domain/decision.ts'
import type { EpochMs, SlotId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problem.ts'
import type { RateScope, RateType } from '../../domain/rate-scope.ts'
import type { Usage } from '../../domain/usage.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RateState, Rates } from '../../ports/rates.ts'

/** `general_settings.token_rate_limit_type` */
export type CountedTokens = 'total' | 'input' | 'output'

export interface CallRatesParts {
  readonly scopes: readonly RateScope[]
  readonly rates: Rates
  readonly slotId: SlotId
  readonly clock: Clock
  readonly counts: CountedTokens
}

/** One call among those that its rates count, from its admission until its end. */
export class CallRates {
  readonly #parts: CallRatesParts
  #states: readonly RateState[] = []
  #tokens = 0
  #isOver = false

  constructor(parts: CallRatesParts) {
    this.#parts = parts
  }

  /** One of several in this call, which keeps its place; undefined: parts of it are counted nowhere. */
  part(slotId: SlotId): CallRates | undefined {
    const scopes = this.#parts.scopes
      .filter(({ requests, tokens }) => requests !== undefined || tokens !== undefined)
      .map((scope) => ({ ...scope, parallel: undefined }))
    return scopes.length === 0 ? undefined : new CallRates({ ...this.#parts, scopes, slotId })
  }

  async take(at: EpochMs): Promise<Decision<undefined>> {
    const { rates, slotId, scopes } = this.#parts
    const taken = await rates.take({ slotId, at, scopes }).catch((cause: unknown) => {
      throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
    })
    if (taken.verdict === 'refused') return overRate(taken.state, taken.type, at)
    this.#states = taken.states
    return allow(undefined)
  }

  /** Names and values in turn: what is left of each rate, this call counted. */
  headers(): readonly string[] {
    if (this.#states.length === 0) return []
    const now = this.#parts.clock.now()
    return this.#states.flatMap((state) => [...scopeHeaders(state), ...usualHeaders(state, now)])
  }

  /** Of a try; what several of them use adds up. */
  count({ inputTokens, outputTokens }: Usage): void {
    const { counts } = this.#parts
    if (counts !== 'output') this.#tokens += inputTokens
    if (counts !== 'input') this.#tokens += outputTokens
  }

  /** Once: the place is free for others before the caller has its answer, and knows that it may ask again. */
  async finish(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    const { rates, slotId, scopes, clock } = this.#parts
    const leaves = scopes.some(
      ({ tokens, parallel }) => parallel !== undefined || (tokens !== undefined && this.#tokens > 0),
    )
    // A store that does not answer now lets the place expire.
    if (leaves) await rates.finish({ slotId, at: clock.now(), scopes, tokens: this.#tokens }).catch(() => undefined)
  }
}

/** However the call ends, its place is free afterwards. */
export function whileCounted(rates: CallRates | undefined, call: () => Promise<void>): Promise<void> {
  return rates === undefined ? call() : finishAfter(call, rates)
}

async function finishAfter(call: () => Promise<void>, rates: CallRates): Promise<void> {
  try {
    await call()
  } finally {
    await rates.finish()
  }
}

function scopeHeaders({ scope, requests, tokens, running }: RateState): readonly string[] {
  return [
    ...leftOf(scope, 'requests', scope.requests, requests),
    ...leftOf(scope, 'tokens', scope.tokens, tokens),
    ...leftOf(scope, 'max_parallel_requests', scope.parallel, running),
  ]
}

/** What clients read of any provider, about the key in place of it; and what it has left of the one model. */
function usualHeaders(state: RateState, now: EpochMs): readonly string[] {
  const { scope, requests, tokens, resetsAt } = state
  const counts = [
    ['requests', scope.requests, requests],
    ['tokens', scope.tokens, tokens],
  ] as const
  return counts.flatMap(([type, limit, used]) => {
    if (limit === undefined) return []
    const left = String(Math.max(limit - used, 0))
    if (scope.kind === 'model_per_key')
      return [`x-litellm-key-remaining-${type}-${inHeaderName(scope.model ?? '')}`, left]
    if (scope.kind !== 'api_key') return []
    const reset = `${Math.max(Math.ceil((resetsAt - now) / 1000), 0)}s`
    return [
      `x-ratelimit-limit-${type}`,
      String(limit),
      `x-ratelimit-remaining-${type}`,
      left,
      `x-ratelimit-reset-${type}`,
      reset,
    ]
  })
}

/** Names of headers hold few of the characters that names of models may hold. */
function inHeaderName(model: string): string {
  return model.replaceAll(/[^\w.-]/g, '-').slice(0, 128)
}

function leftOf({ kind }: RateScope, type: RateType, limit: number | undefined, used: number): readonly string[] {
  if (limit === undefined) return []
  const name = `x-ratelimit-${kind}`
  return [`${name}-limit-${type}`, String(limit), `${name}-remaining-${type}`, String(Math.max(limit - used, 0))]
}

/** A place may become free at any moment. */
const NEXT_PLACE_MS = 1_000

function overRate(state: RateState, type: RateType, now: EpochMs): Denied {
  const { scope, resetsAt } = state
  const reset = `${new Date(resetsAt).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const [limit = 0, used] = {
    requests: [scope.requests, state.requests] as const,
    tokens: [scope.tokens, state.tokens] as const,
    max_parallel_requests: [scope.parallel, state.running] as const,
  }[type]
  const wait = type === 'max_parallel_requests' ? NEXT_PLACE_MS : resetsAt - now
  return {
    verdict: 'deny',
    problem: 'rate-limited',
    because: 'rate_limited',
    say: `Rate limit exceeded for ${scope.kind}: ${scope.shownId}. Limit type: ${type}. Current limit: ${limit}, Remaining: ${Math.max(limit - used, 0)}. Limit resets at: ${reset}`,
    retryAfterMs: Math.max(wait, 1),
    headers: { rate_limit_type: type, reset_at: reset },
  }
}
