import { Bag } from '../../domain/bag.ts'

const CHECK_MS = 1_000
const WINDOW = 10
const LEAST_BYTES = 10 * 1024

interface Coming {
  readonly cut: () => void
  seconds: number
  bytes: number
}

/** What tells the watch about one body. */
export interface WatchedBody {
  came(bytes: number): void
  over(): void
}

/** Cuts off bodies that come in drops: less than 1 KiB a second over 10 seconds (N-32). One timer looks after all. */
export class BodyPace {
  readonly #coming = new Bag<Coming>()
  #timer: NodeJS.Timeout | undefined

  watch(cut: () => void): WatchedBody {
    const body: Coming = { cut, seconds: 0, bytes: 0 }
    const seat = this.#coming.add(body)
    this.#timer ??= setInterval(() => this.#check(), CHECK_MS).unref()
    return {
      came: (bytes) => void (body.bytes += bytes),
      over: () => void seat.leave(),
    }
  }

  /** Whoever is cut off tells that it is over. */
  #check(): void {
    for (const { thing: body } of this.#coming) {
      body.seconds += 1
      if (body.seconds % WINDOW !== 0) continue
      if (body.bytes < LEAST_BYTES) body.cut()
      body.bytes = 0
    }
    if (this.#coming.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
