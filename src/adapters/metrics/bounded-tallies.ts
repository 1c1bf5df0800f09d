/**
 * Sums by a combination of labels. A wildcard deployment stands for any number of names, so the number of
 * combinations has an end of its own; what comes later is counted under `other`.
 */
export class BoundedTallies<Tally> {
  readonly #byKey = new Map<string, Tally>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** `make` is told whether its tally is for all that have no room of their own; their keys must be few. */
  of(key: string, keyOfOthers: string, make: (isOther: boolean) => Tally): Tally {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    if (this.#byKey.size < this.#most) return this.#add(key, make(false))
    const others = `other\n${keyOfOthers}`
    return this.#byKey.get(others) ?? this.#add(others, make(true))
  }

  values(): readonly Tally[] {
    return [...this.#byKey.values()]
  }

  #add(key: string, tally: Tally): Tally {
    this.#byKey.set(key, tally)
    return tally
  }
}

const LONGEST_LABEL = 128

/** A name that a caller may have chosen, as a label. */
export function modelLabel(name: string, isOther: boolean): string {
  return isOther ? 'other' : name.slice(0, LONGEST_LABEL)
}
