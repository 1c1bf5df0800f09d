import { write, writeSync } from 'node:fs'

/** What waits while nobody reads, or the disk is full; what comes then is dropped. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024
const LAST_WORDS_MS = 1_000
const AGAIN_AFTER_MS = 20

/** Writes lines to a descriptor, in order and off the path. Nobody waits for one that takes nothing, at the end least of all. */
export class LineWriter {
  readonly #descriptor: number
  #waiting: Buffer[] = []
  #bytes = 0
  #isWriting = false
  #endsAt = Infinity
  dropped = 0

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  /** Whole lines. They go out with the next `pass`. */
  add(lines: string): void {
    const piece = Buffer.from(lines)
    if (this.#bytes + piece.byteLength > MOST_WAITING_BYTES) {
      this.dropped += lines.split('\n').length - 1
      return
    }
    this.#waiting.push(piece)
    this.#bytes += piece.byteLength
  }

  /** What could not be written waits for the next time, which is soon where somebody has not read on yet. */
  pass(): void {
    if (this.#isWriting || this.#bytes === 0) return
    const piece = this.#take()
    this.#isWriting = true
    write(this.#descriptor, piece, (error, written) => {
      this.#isWriting = false
      this.#giveBack(piece.subarray(error === null ? written : 0))
      if (error === null) this.pass()
      else if (isBusy(error)) setTimeout(() => this.pass(), AGAIN_AFTER_MS).unref()
    })
  }

  /** Before the process ends. Whoever takes nothing for a second will not take it later. */
  flush(): void {
    this.#endsAt = Math.min(this.#endsAt, performance.now() + LAST_WORDS_MS)
    let rest = this.#take()
    while (rest.byteLength > 0) {
      try {
        rest = rest.subarray(writeSync(this.#descriptor, rest))
      } catch (error) {
        if (!isBusy(error) || performance.now() >= this.#endsAt) break
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_AFTER_MS)
      }
    }
    this.#giveBack(rest)
  }

  #take(): Buffer {
    const [only] = this.#waiting
    const all = this.#waiting.length === 1 && only !== undefined ? only : Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#bytes = 0
    return all
  }

  #giveBack(rest: Buffer): void {
    if (rest.byteLength === 0) return
    this.#waiting.unshift(rest)
    this.#bytes += rest.byteLength
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN'
}
