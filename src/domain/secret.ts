const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** A value that may be used and never shown: every way of printing it says `[secret]`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The one way to the value; search for it to find every place that handles a secret in the clear. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [INSPECT](): string {
    return '[secret]'
  }
}
