/** The place of a thing in a bag. */
export interface Seat<Thing> {
  readonly thing: Thing
  /** Takes the thing out, and tells whether it still was in. */
  leave(): boolean
}

/**
 * Things in no order that come and go with every call. A `Set` makes itself a new table each time so many have come and
 * gone, and V8 has the old table hold the new one: once one of them has lived long, every later one lives as long, with the
 * calls that were in it, until the next great collection. Here one list is used again and again.
 */
export class Bag<Thing> {
  readonly #seats: OwnSeat<Thing>[] = []

  get size(): number {
    return this.#seats.length
  }

  add(thing: Thing): Seat<Thing> {
    const seat = new OwnSeat(thing, this.#seats)
    this.#seats.push(seat)
    return seat
  }

  /** Those that are in now, without those that leave before it is their turn. */
  *[Symbol.iterator](): Generator<Seat<Thing>, void> {
    for (const seat of this.#seats.slice()) if (seat.at >= 0) yield seat
  }
}

class OwnSeat<Thing> implements Seat<Thing> {
  readonly thing: Thing
  /** -1: it has left. */
  at: number
  readonly #seats: OwnSeat<Thing>[]

  constructor(thing: Thing, seats: OwnSeat<Thing>[]) {
    this.thing = thing
    this.at = seats.length
    this.#seats = seats
  }

  leave(): boolean {
    const { at } = this
    if (at < 0) return false
    this.at = -1
    const last = this.#seats.pop()
    if (last !== undefined && last !== this) {
      last.at = at
      this.#seats[at] = last
    }
    return true
  }
}
