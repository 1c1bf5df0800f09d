const SECOND_MS = 1_000

/** N-39: how many messages of a client are taken in a second, any second. What comes faster waits; nothing is lost. */
export class MessagePace {
  /** When the last so many were taken, in a ring. */
  readonly #times: number[]
  #oldest = 0

  constructor(most = 100) {
    this.#times = Array.from({ length: most }, () => Number.NEGATIVE_INFINITY)
  }

  /** How long this message has to wait. */
  take(now: number): number {
    const waitMs = Math.max(0, (this.#times[this.#oldest] ?? 0) + SECOND_MS - now)
    this.#times[this.#oldest] = now + waitMs
    this.#oldest = (this.#oldest + 1) % this.#times.length
    return waitMs
  }
}
