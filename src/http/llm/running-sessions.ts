/** What runs for as long as its caller likes has to be told when the gateway stops. */
export class RunningSessions {
  readonly #running = new Set<Promise<void>>()
  readonly #stops = new Set<() => void>()
  #isStopping = false

  get isStopping(): boolean {
    return this.#isStopping
  }

  /** `session` does not fail. */
  add(session: Promise<void>): void {
    this.#running.add(session)
    void session.then(() => this.#running.delete(session))
  }

  readonly whenStopping = (stop: () => void): (() => void) => {
    if (this.#isStopping) queueMicrotask(stop)
    this.#stops.add(stop)
    return () => this.#stops.delete(stop)
  }

  /** Resolves when all are over, and everything that they owe is written down. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const stop of this.#stops) stop()
    await Promise.all(this.#running)
  }
}
