import type { LedgerStore } from '../../ports/ledger.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'
import type { SegmentQueue } from './segment-queue.ts'

const BATCH_LINES = 1_000
const RETRY_FIRST_MS = 100
const RETRY_MOST_MS = 5_000

interface Deps {
  readonly queue: SegmentQueue
  readonly store: LedgerStore
  readonly log: OperatorLog
  /** How long a line waits for others to be carried with. */
  readonly flushAfterMs: number
  /** Keeps a line that the store will never take where an operator finds it. */
  readonly setAside: (line: string) => void
}

/** Carries lines from the files to the store in batches; what the store does not take stays in the files. */
export class Flusher {
  readonly #deps: Deps
  #timer: NodeJS.Timeout | undefined
  #carrying: Promise<number> | undefined
  #carriedOwn = 0
  #failures = 0
  #isClosed = false

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** How many lines of this process are in the store, or kept aside. */
  get carriedOwn(): number {
    return this.#carriedOwn
  }

  /** There is something to carry. Cheap enough to be called for every line. */
  wake(): void {
    if (this.#timer === undefined && !this.#isClosed)
      this.#timer = setTimeout(() => void this.#run(), this.#deps.flushAfterMs)
  }

  /** Does not wait for the timer: a full batch is there. */
  wakeNow(): void {
    if (this.#carrying === undefined && this.#failures === 0 && !this.#isClosed) void this.#run()
  }

  /** Carries one batch, or waits for the one that is under way. Resolves to the number of lines; rejects when the store fails. */
  carry(): Promise<number> {
    this.#carrying ??= this.#carryBatch().finally(() => {
      this.#carrying = undefined
    })
    return this.#carrying
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#carrying?.catch(() => undefined)
  }

  async #run(): Promise<void> {
    try {
      while ((await this.carry()) >= BATCH_LINES);
      this.#recovered()
    } catch (error) {
      this.#failed(error)
    }
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#deps.queue.isEmpty || this.#isClosed) return
    this.#timer = setTimeout(
      () => void this.#run(),
      this.#failures === 0 ? this.#deps.flushAfterMs : this.#retryAfterMs(),
    )
  }

  async #carryBatch(): Promise<number> {
    const batch = await this.#deps.queue.take(BATCH_LINES)
    if (batch === undefined) return 0
    await this.#keep(batch.lines)
    batch.release()
    if (batch.isOwn) this.#carriedOwn += batch.lines.length
    return batch.lines.length
  }

  /** Halves a refused batch until the refused lines stand alone, so that no line stops the others. */
  async #keep(lines: readonly string[]): Promise<void> {
    if ((await this.#deps.store.keep(lines)) === 'kept') return
    const [first] = lines
    if (first !== undefined && lines.length === 1) {
      this.#deps.setAside(first)
      this.#deps.log.error('the store refuses a ledger line; it is kept aside in refused.jsonl of the spool')
      return
    }
    const middle = Math.ceil(lines.length / 2)
    await this.#keep(lines.slice(0, middle))
    await this.#keep(lines.slice(middle))
  }

  #retryAfterMs(): number {
    return Math.min(RETRY_FIRST_MS * 2 ** this.#failures, RETRY_MOST_MS)
  }

  #failed(error: unknown): void {
    this.#failures += 1
    if (this.#failures > 1) return
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'none'
    this.#deps.log.warn('the store takes no ledger lines; they wait in the spool', { code })
  }

  #recovered(): void {
    if (this.#failures > 0) this.#deps.log.info('the store takes ledger lines again')
    this.#failures = 0
  }
}
