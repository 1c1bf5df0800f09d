const STAR = 42

/**
 * Blots out the operator's credentials in what an upstream answers, byte for byte, so that nothing else moves. What could
 * be the beginning of one waits for the next bytes.
 */
export class SecretMask {
  readonly #secrets: readonly Uint8Array[]
  #waiting: Uint8Array = EMPTY

  constructor(secrets: readonly string[]) {
    const encoder = new TextEncoder()
    this.#secrets = secrets.filter((secret) => secret.length >= SHORTEST).map((secret) => encoder.encode(secret))
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.#secrets.length === 0) return bytes
    const whole = this.#waiting.byteLength === 0 ? bytes : joined(this.#waiting, bytes)
    const masked = this.#masked(whole)
    const tail = Math.max(...this.#secrets.map((secret) => beginningAtEnd(masked, secret)))
    this.#waiting = tail === 0 ? EMPTY : masked.subarray(masked.byteLength - tail)
    return tail === 0 ? masked : masked.subarray(0, masked.byteLength - tail)
  }

  end(): Uint8Array {
    const rest = this.#waiting
    this.#waiting = EMPTY
    return rest
  }

  #masked(bytes: Uint8Array): Uint8Array {
    let masked = bytes
    for (const secret of this.#secrets) {
      for (let at = find(masked, secret, 0); at !== -1; at = find(masked, secret, at + secret.byteLength)) {
        if (masked === bytes) masked = bytes.slice()
        masked.fill(STAR, at, at + secret.byteLength)
      }
    }
    return masked
  }
}

const EMPTY = new Uint8Array(0)
/** Shorter ones would be found everywhere. */
const SHORTEST = 8

function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first] = wanted
  if (first === undefined) return -1
  for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (at + wanted.byteLength > bytes.byteLength) return -1
    if (isAt(bytes, wanted, at, wanted.byteLength)) return at
  }
  return -1
}

/** How many bytes at the end are a beginning of what is looked for. */
function beginningAtEnd(bytes: Uint8Array, wanted: Uint8Array): number {
  const most = Math.min(wanted.byteLength - 1, bytes.byteLength)
  for (let length = most; length > 0; length -= 1) {
    if (isAt(bytes, wanted, bytes.byteLength - length, length)) return length
  }
  return 0
}

function isAt(bytes: Uint8Array, wanted: Uint8Array, at: number, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (bytes[at + i] !== wanted[i]) return false
  return true
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.byteLength + other.byteLength)
  both.set(one)
  both.set(other, one.byteLength)
  return both
}
