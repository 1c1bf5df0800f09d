import { LRUCache } from 'lru-cache'
import type { EpochMs, KeyDigest } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { KeyChanges } from '../../ports/key-changes.ts'
import type { FoundKey, KeyLookup } from '../../ports/virtual-keys.ts'

/** How old an answer may be on the word of the clock alone. */
const TRUSTED_MS = 1_000
/** How old it may be while the watch on changes stands. */
const PRESENT_MS = 60_000
const ABSENT_MS = 10_000

/** The answer of the store to one digest, and since when it is known. */
interface Fact {
  readonly found: FoundKey | undefined
  readonly askedAt: EpochMs
  readonly watch: number | undefined
}

interface Flight {
  readonly askedAt: EpochMs
  readonly answer: Promise<FoundKey | undefined>
}

export interface KeyCacheOptions {
  readonly keys: KeyLookup
  readonly changes: KeyChanges
  readonly clock: Clock
  readonly maxPresent?: number
  readonly maxAbsent?: number
}

/**
 * Remembers what the store said. An answer from here is at most one second old, or known to have stood until at most one
 * second ago, or the store's own; an error is passed on and never remembered.
 */
export class KeyCache implements KeyLookup {
  readonly #keys: KeyLookup
  readonly #changes: KeyChanges
  readonly #clock: Clock
  /** Apart, so that guessed digests can't drive real keys out. */
  readonly #present: LRUCache<KeyDigest, Fact>
  readonly #absent: LRUCache<KeyDigest, Fact>
  /** Digests in their grace period that lead to a row: they change with it. */
  readonly #earlier = new Map<KeyDigest, Set<KeyDigest>>()
  readonly #flights = new Map<KeyDigest, Flight>()
  /** Counts invalidations: a read that began before one may be out of date when it ends. */
  #generation = 0

  constructor({ keys, changes, clock, maxPresent = 20_000, maxAbsent = 10_000 }: KeyCacheOptions) {
    this.#keys = keys
    this.#changes = changes
    this.#clock = clock
    this.#present = new LRUCache({ max: maxPresent, dispose: (fact, digest) => this.#unlink(fact, digest) })
    this.#absent = new LRUCache({ max: maxAbsent })
    changes.subscribe((digest) => (digest === 'all' ? this.clear() : this.invalidate(digest)))
  }

  /** The answer without a promise where it is known; `ask` when the store has to be asked. */
  peek(digest: KeyDigest, now: EpochMs): FoundKey | undefined | 'ask' {
    const fact = this.#present.get(digest) ?? this.#absent.get(digest)
    if (fact === undefined || !this.#isTrusted(fact)) return 'ask'
    const graceEndsAt = fact.found?.graceEndsAt
    return graceEndsAt !== undefined && graceEndsAt <= now ? undefined : fact.found
  }

  async findKey(digest: KeyDigest, now: EpochMs): Promise<FoundKey | undefined> {
    const known = this.peek(digest, now)
    if (known !== 'ask') return known
    const flight = this.#flights.get(digest)
    // A slow read answers for the moment it was sent; who comes much later needs one of his own.
    const isRecent = flight !== undefined && isWithin(this.#clock.now() - flight.askedAt, TRUSTED_MS)
    return (isRecent ? flight : this.#ask(digest, now)).answer
  }

  /** To be called when a write has ended, well or not, and before its caller learns of it. */
  invalidate(digest: KeyDigest): void {
    this.#generation += 1
    this.#flights.clear()
    for (const earlier of this.#earlier.get(digest) ?? []) this.#present.delete(earlier)
    this.#present.delete(digest)
    this.#absent.delete(digest)
  }

  clear(): void {
    this.#generation += 1
    this.#flights.clear()
    this.#present.clear()
    this.#absent.clear()
  }

  #ask(digest: KeyDigest, now: EpochMs): Flight {
    const generation = this.#generation
    const asked = { askedAt: this.#clock.now(), watch: this.#changes.watch }
    const flight: Flight = {
      askedAt: asked.askedAt,
      answer: this.#keys.findKey(digest, now).then(
        (found) => {
          this.#land(digest, flight)
          if (generation === this.#generation) this.#remember(digest, { found, ...asked })
          return found
        },
        (error: unknown) => {
          this.#land(digest, flight)
          throw error
        },
      ),
    }
    this.#flights.set(digest, flight)
    return flight
  }

  #land(digest: KeyDigest, flight: Flight): void {
    if (this.#flights.get(digest) === flight) this.#flights.delete(digest)
  }

  #remember(digest: KeyDigest, fact: Fact): void {
    const row = fact.found?.key.digest
    this.#present.delete(digest)
    if (row === undefined) {
      this.#absent.set(digest, fact)
      return
    }
    this.#absent.delete(digest)
    this.#present.set(digest, fact)
    if (row !== digest) this.#earlier.set(row, (this.#earlier.get(row) ?? new Set()).add(digest))
  }

  #unlink({ found }: Fact, digest: KeyDigest): void {
    if (found === undefined || found.key.digest === digest) return
    const siblings = this.#earlier.get(found.key.digest)
    siblings?.delete(digest)
    if (siblings?.size === 0) this.#earlier.delete(found.key.digest)
  }

  #isTrusted({ found, askedAt, watch }: Fact): boolean {
    const now = this.#clock.now()
    const age = now - askedAt
    if (isWithin(age, TRUSTED_MS)) return true
    if (watch === undefined || watch !== this.#changes.watch) return false
    return (
      isWithin(age, found === undefined ? ABSENT_MS : PRESENT_MS) &&
      isWithin(now - this.#changes.completeUntil, TRUSTED_MS)
    )
  }
}

/** A clock that was set back says nothing about an age. */
function isWithin(age: number, limit: number): boolean {
  return age >= 0 && age <= limit
}
