import type { SlotId } from '../../domain/ids.ts'

/** The calls of this process that hold a place. As long as there are any, their places are held anew now and then. */
export class RunningSlots {
  readonly #slots = new Set<SlotId>()
  readonly #everyMs: number
  readonly #renew: (slots: ReadonlySet<SlotId>) => Promise<void>
  #timer: NodeJS.Timeout | undefined

  constructor(everyMs: number, renew: (slots: ReadonlySet<SlotId>) => Promise<void>) {
    this.#everyMs = everyMs
    this.#renew = renew
  }

  add(slot: SlotId): void {
    this.#slots.add(slot)
    // A store that does not answer is asked again the next time.
    this.#timer ??= setInterval(() => void this.#renew(this.#slots).catch(() => undefined), this.#everyMs).unref()
  }

  delete(slot: SlotId): void {
    this.#slots.delete(slot)
    if (this.#slots.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
