import { isStillSo } from '../3-identify/learn.ts'
import type { Sight } from '../3-identify/learn.ts'

interface Kept<Of, Answer> {
  readonly of: Of
  readonly seen: readonly Sight[]
  readonly answer: Answer
}

const NOTHING_SEEN: readonly Sight[] = []

/**
 * The last answer about each of many things, for those who ask the same of them again and again. It counts as long as what
 * it was made of is the very same, and the directory still says of each fact behind it what it said then.
 */
export class Recollections<Thing extends object, Of extends readonly unknown[], Answer> {
  readonly #kept = new WeakMap<Thing, Kept<Of, Answer>>()

  recall(thing: Thing, ...of: Of): Answer | undefined {
    const kept = this.#kept.get(thing)
    if (kept === undefined) return undefined
    for (let at = 0; at < of.length; at += 1) if (kept.of[at] !== of[at]) return undefined
    return kept.seen.every(isStillSo) ? kept.answer : undefined
  }

  keep(thing: Thing, of: Of, answer: Answer, seen: readonly Sight[] = NOTHING_SEEN): void {
    this.#kept.set(thing, { of, seen, answer })
  }
}
