import { Bag } from '../../domain/bag.ts'
import type { Denied } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { Timers } from '../../ports/chance.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Admission } from '../admission.ts'

/** Why the caller of a running call would be refused now; undefined: it would not. */
export type AskAgain = (admission: Admission) => Promise<Denied | undefined>

interface Watched {
  readonly admission: Admission
  readonly since: EpochMs
  readonly revoked: (denied: Denied) => void
}

const SWEEP_MS = 1_000

/**
 * INV-20: what was granted can be taken back while a stream runs. Calls that last are asked about again each second, by
 * the same deciders as at their admission; most calls are over before the first time.
 */
export class StandingWatch {
  readonly #watched = new Bag<Watched>()
  readonly #askAgain: AskAgain
  readonly #clock: Clock
  readonly #timers: Timers
  #isSweeping = false

  constructor(askAgain: AskAgain, clock: Clock, timers: Timers) {
    this.#askAgain = askAgain
    this.#clock = clock
    this.#timers = timers
  }

  /** Returns what ends the watch. */
  watch(admission: Admission, revoked: (denied: Denied) => void): () => void {
    const seat = this.#watched.add({ admission, since: this.#clock.now(), revoked })
    if (!this.#isSweeping) this.#sweepLater()
    return () => void seat.leave()
  }

  #sweepLater(): void {
    this.#isSweeping = true
    this.#timers.after(SWEEP_MS, () => {
      void this.#sweep().finally(() => {
        if (this.#watched.size > 0) this.#sweepLater()
        else this.#isSweeping = false
      })
    })
  }

  async #sweep(): Promise<void> {
    const before = this.#clock.now() - SWEEP_MS
    for (const seat of this.#watched) {
      const { admission, since, revoked } = seat.thing
      if (since > before) continue
      // A store that does not answer ends nothing: what is not known to be revoked goes on.
      const denied = await this.#askAgain(admission).catch(() => undefined)
      if (denied !== undefined && seat.leave()) revoked(denied)
    }
  }
}
