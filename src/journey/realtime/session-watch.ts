import type { Decision, Denied } from '../../domain/decision.ts'
import type { Principal } from '../../domain/principal.ts'
import { PROBLEMS } from '../../domain/problem.ts'
import type { ServedModel } from './session-models.ts'
import type { SessionState } from './session-state.ts'

export interface WatchPorts {
  /** Who the caller is by now. */
  readonly reauthorise: () => Promise<Decision<Principal>>
  readonly deny: (denied: Denied) => void
}

/** N-39 */
const REAUTHORISE_MS = 60_000

/**
 * What was granted is looked at again while a session runs: each second whether it was taken back, as for every call that
 * lasts, and each minute whether the credential is still good.
 */
export class SessionWatch {
  readonly #state: SessionState
  readonly #ports: WatchPorts
  #watched: ServedModel
  #unwatch: () => void
  #cancelLook = (): void => {}
  #isOver = false

  constructor(state: SessionState, ports: WatchPorts) {
    this.#state = state
    this.#ports = ports
    this.#watched = state.models.current
    this.#unwatch = this.#watch()
    this.#lookLater()
  }

  /** A session may have come to speak with another model (Z-32). */
  follow(): void {
    if (this.#watched === this.#state.models.current) return
    this.#watched = this.#state.models.current
    this.#unwatch()
    this.#unwatch = this.#watch()
  }

  stop(): void {
    this.#isOver = true
    this.#unwatch()
    this.#cancelLook()
  }

  #watch(): () => void {
    const { admission, ports } = this.#state.attempt
    const ask = { ...admission.ask, model: this.#watched.asked }
    return ports.standing.watch({ ...admission, ask }, this.#ports.deny)
  }

  #lookLater(): void {
    this.#cancelLook = this.#state.attempt.ports.timers.after(REAUTHORISE_MS, () => {
      void this.#look().then(() => {
        if (!this.#isOver) this.#lookLater()
      })
    })
  }

  /** A store or a provider that does not answer ends nothing: what is not known to be taken back goes on. */
  async #look(): Promise<void> {
    const current = await this.#ports.reauthorise().catch(() => undefined)
    if (current?.verdict === 'allow') this.#state.principal = current.granted
    else if (current !== undefined && PROBLEMS[current.problem].status < 500) return this.#ports.deny(current)
    const { book, meter } = this.#state
    if (book.underWay === 0) await meter.release()
  }
}
