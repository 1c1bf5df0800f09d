import type { Clock } from '../../ports/clock.ts'

const MOST_A_MINUTE = 60
const MINUTE_MS = 60_000

/** J-29: how much tokens of one provider make in a minute, so that whoever signs them can't flood the directory. */
export class CreationLimit {
  readonly #clock: Clock
  /** By provider, of which there are as many as the operator lists. */
  readonly #times = new Map<string, number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  take(provider: string): 'taken' | { readonly retryAfterMs: number } {
    const now = this.#clock.now()
    const recent = (this.#times.get(provider) ?? []).filter((at) => at > now - MINUTE_MS && at <= now)
    this.#times.set(provider, recent)
    const [oldest] = recent
    if (oldest !== undefined && recent.length >= MOST_A_MINUTE) return { retryAfterMs: oldest + MINUTE_MS - now }
    recent.push(now)
    return 'taken'
  }
}
