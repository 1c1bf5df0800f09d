import type { Denied } from '../../domain/decision.ts'
import type { EpochMs, SlotId } from '../../domain/ids.ts'
import type { CallRates } from '../5-meter/call-rates.ts'

/**
 * A session is one call for as long as it runs, as far as calls at once are counted. In calls and tokens of a minute each
 * response counts for itself; the first of them is the call that the session was opened by.
 */
export class SessionRates {
  readonly #opened: CallRates | undefined
  readonly #newSlot: () => SlotId
  readonly #taken: CallRates[]

  constructor(opened: CallRates | undefined, newSlot: () => SlotId) {
    this.#opened = opened
    this.#newSlot = newSlot
    const first = opened?.part(newSlot())
    this.#taken = first === undefined ? [] : [first]
  }

  /** Counts responses that may begin, so that so many are; why not, where there is no room. */
  async take(responses: number, at: EpochMs): Promise<Denied | undefined> {
    while (this.#taken.length < responses) {
      const part = this.#opened?.part(this.#newSlot())
      if (part === undefined) return undefined
      const taken = await part.take(at)
      if (taken.verdict === 'deny') return taken
      this.#taken.push(part)
    }
    return undefined
  }

  /** For a line: what it counts its tokens at. */
  next(): CallRates | undefined {
    return this.#taken.shift() ?? this.extra()
  }

  /** For a line that is of no response. */
  extra(): CallRates | undefined {
    return this.#opened?.part(this.#newSlot())
  }
}
