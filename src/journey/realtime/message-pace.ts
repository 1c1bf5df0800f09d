const SECOND_MS = 1_000

/** N-39: how many messages of a client are taken in a second. What comes faster waits; nothing is lost. */
export class MessagePace {
  readonly #most: number
  #since = 0
  #count = 0

  constructor(most = 100) {
    this.#most = most
  }

  /** How long this message has to wait. */
  take(now: number): number {
    if (now - this.#since >= SECOND_MS) this.#begin(now)
    this.#count += 1
    if (this.#count <= this.#most) return 0
    const waitMs = this.#since + SECOND_MS - now
    this.#begin(now + waitMs)
    this.#count = 1
    return waitMs
  }

  #begin(at: number): void {
    this.#since = at
    this.#count = 0
  }
}
