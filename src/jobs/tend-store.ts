import type { Timers } from '../ports/chance.ts'
import type { OperatorLog } from '../ports/operator-log.ts'
import type { StoreUpkeep } from '../ports/store-upkeep.ts'

export interface TendingPorts {
  readonly upkeep: StoreUpkeep
  readonly timers: Timers
  readonly log: OperatorLog
}

const REST_MS = 60_000
/** Between two tables others have their turn. */
const BREATH_MS = 1_000

/** Tends the tables of a store one by one, as long as any needs it, and looks again every minute. */
export class StoreTending {
  readonly #ports: TendingPorts
  #cancel: () => void
  #running: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(ports: TendingPorts) {
    this.#ports = ports
    this.#cancel = ports.timers.after(BREATH_MS, () => this.#go())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancel()
    await this.#running
  }

  #go(): void {
    this.#running = this.#tend().then((pause) => {
      if (!this.#isClosed) this.#cancel = this.#ports.timers.after(pause, () => this.#go())
    })
  }

  async #tend(): Promise<number> {
    try {
      return (await this.#ports.upkeep.tendOne()) === undefined ? REST_MS : BREATH_MS
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown'
      this.#ports.log.warn('a table of the embedded database could not be tended', { reason })
      return REST_MS
    }
  }
}
