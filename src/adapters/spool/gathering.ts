import { FramedLines } from './frame.ts'

interface Batch {
  count: number
  readonly kept: Promise<void>
  readonly resolve: () => void
  readonly reject: (cause: unknown) => void
}

/**
 * Calls that end in the same turn of the event loop share one write and one promise: a write costs a system call however
 * little it carries, and under load several calls end in each turn.
 */
export class Gathering {
  readonly #write: (frames: Uint8Array, count: number) => void
  readonly #lines = new FramedLines()
  #batch: Batch | undefined

  constructor(write: (frames: Uint8Array, count: number) => void) {
    this.#write = write
  }

  add(line: string): Promise<void> {
    const batch = (this.#batch ??= this.#open())
    this.#lines.add(line)
    batch.count += 1
    return batch.kept
  }

  /** Also called for a batch whose turn has not ended, by who needs everything written now. */
  writeNow(): void {
    const batch = this.#batch
    if (batch === undefined) return
    this.#batch = undefined
    try {
      this.#write(this.#lines.take(), batch.count)
      batch.resolve()
    } catch (error) {
      batch.reject(error)
    }
  }

  #open(): Batch {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    setImmediate(() => this.writeNow())
    return { count: 0, kept: promise, resolve, reject }
  }
}
