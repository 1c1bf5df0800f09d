import { LRUCache } from 'lru-cache'
import type { EpochMs } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Peeked } from '../../ports/directory.ts'
import type { FactChanges } from '../../ports/fact-changes.ts'
import { upTo } from './up-to.ts'

/** How old an answer may be on the word of the clock alone. */
const TRUSTED_MS = 1_000
/** How old it may be while the watch on changes stands. */
const PRESENT_MS = 60_000
const ABSENT_MS = 10_000

/** The answer of the store to one id, and since when it is known. */
interface Known<Fact> {
  readonly fact: Fact | undefined
  readonly askedAt: EpochMs
  readonly watch: number | undefined
}

interface Flight<Fact> {
  readonly askedAt: EpochMs
  readonly answer: Promise<Fact | undefined>
}

export interface FactCacheOptions<Id extends string, Fact> {
  readonly ask: (id: Id) => Promise<Fact | undefined>
  /** The names under which a change of this fact is announced too, beside the id that was asked for. */
  readonly announcedAs?: (fact: Fact) => readonly string[]
  readonly changes: FactChanges
  readonly clock: Clock
  readonly maxPresent?: number
  readonly maxAbsent?: number
  /** Where the operator wants answers to be younger than they have to be. */
  readonly maxAgeMs?: number
}

/**
 * Remembers what the store said. An answer from here is at most one second old, or known to have stood until at most one
 * second ago, or the store's own; an error is passed on and never remembered.
 */
export class FactCache<Id extends string, Fact extends object> {
  readonly #options: FactCacheOptions<Id, Fact>
  readonly #changes: FactChanges
  readonly #clock: Clock
  /** Apart, so that guessed ids can't drive real ones out. */
  readonly #present: LRUCache<Id, Known<Fact>>
  readonly #absent: LRUCache<Id, Known<Fact>>
  /** By the name of a change, the ids whose facts change with it. */
  readonly #leading = new Map<string, Set<Id>>()
  /** Reads under way whose answers will be remembered: one that an invalidation took out may be out of date when it ends. */
  readonly #flights = new Map<Id, Flight<Fact>>()

  constructor(options: FactCacheOptions<Id, Fact>) {
    this.#options = options
    this.#changes = options.changes
    this.#clock = options.clock
    this.#present = new LRUCache({
      ...upTo(options.maxPresent ?? 20_000),
      dispose: (known, id) => this.#unlink(known, id),
    })
    this.#absent = new LRUCache(upTo(options.maxAbsent ?? 10_000))
  }

  /** The answer without a promise where it is known; `ask` when the store has to be asked. */
  peek(id: Id): Peeked<Fact> {
    const known = this.#present.get(id) ?? this.#absent.get(id)
    return known === undefined || !this.#isTrusted(known) ? 'ask' : known.fact
  }

  async find(id: Id): Promise<Fact | undefined> {
    const known = this.peek(id)
    if (known !== 'ask') return known
    const flight = this.#flights.get(id)
    // A slow read answers for the moment it was sent; who comes much later needs one of his own.
    const isRecent = flight !== undefined && isWithin(this.#clock.now() - flight.askedAt, TRUSTED_MS)
    return (isRecent ? flight : this.#ask(id)).answer
  }

  /** To be called when a write has ended, well or not, and before its caller learns of it. */
  invalidate(id: Id): void {
    this.invalidateNamed(id)
    this.#present.delete(id)
    this.#absent.delete(id)
  }

  /** The same where the write was to what facts are only announced as. */
  invalidateNamed(name: string): void {
    this.#flights.clear()
    for (const leading of this.#leading.get(name) ?? []) this.#present.delete(leading)
  }

  /** To be called when something says that it is there: an absence that is known here is from before. */
  forgetAbsence(id: Id): void {
    this.#absent.delete(id)
    this.#flights.delete(id)
  }

  clear(): void {
    this.#flights.clear()
    this.#present.clear()
    this.#absent.clear()
  }

  #ask(id: Id): Flight<Fact> {
    const asked = { askedAt: this.#clock.now(), watch: this.#changes.watch }
    const flight: Flight<Fact> = {
      askedAt: asked.askedAt,
      answer: this.#options.ask(id).then(
        (fact) => {
          if (this.#land(id, flight)) this.#remember(id, { fact, ...asked })
          return fact
        },
        (error: unknown) => {
          this.#land(id, flight)
          throw error
        },
      ),
    }
    this.#flights.set(id, flight)
    return flight
  }

  /** Whether it still was under way. */
  #land(id: Id, flight: Flight<Fact>): boolean {
    return this.#flights.get(id) === flight && this.#flights.delete(id)
  }

  #remember(id: Id, known: Known<Fact>): void {
    this.#present.delete(id)
    if (known.fact === undefined) {
      this.#absent.set(id, known)
      return
    }
    this.#absent.delete(id)
    this.#present.set(id, known)
    for (const announced of this.#options.announcedAs?.(known.fact) ?? []) {
      if (announced !== id) this.#leading.set(announced, (this.#leading.get(announced) ?? new Set()).add(id))
    }
  }

  #unlink({ fact }: Known<Fact>, id: Id): void {
    for (const announced of (fact === undefined ? undefined : this.#options.announcedAs?.(fact)) ?? []) {
      const siblings = this.#leading.get(announced)
      siblings?.delete(id)
      if (siblings?.size === 0) this.#leading.delete(announced)
    }
  }

  #isTrusted({ fact, askedAt, watch }: Known<Fact>): boolean {
    const now = this.#clock.now()
    const age = now - askedAt
    if (age > (this.#options.maxAgeMs ?? PRESENT_MS)) return false
    if (isWithin(age, TRUSTED_MS)) return true
    if (watch === undefined || watch !== this.#changes.watch) return false
    return (
      isWithin(age, fact === undefined ? ABSENT_MS : PRESENT_MS) &&
      isWithin(now - this.#changes.completeUntil, TRUSTED_MS)
    )
  }
}

/** A clock that was set back says nothing about an age. */
function isWithin(age: number, limit: number): boolean {
  return age >= 0 && age <= limit
}
