import { closeSync, openSync, writeSync } from 'node:fs'

/** One call that a provider would charge for. Tokens count only what was sent, and the whole prompt. */
export interface BillEntry {
  readonly responseId: string
  readonly operation: string
  readonly model: string
  /** The request's `user` member: how a test recognises its own call. */
  readonly user: string | undefined
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly completionTokens: number
  readonly stream: boolean
  readonly outcome: 'sent' | 'aborted-by-caller' | 'cut-by-provider'
  readonly chunksSent: number
}

const KEPT = 200_000

/** The provider's own account, to hold the gateway's ledger against. In a file it outlives both processes. */
export class Bill {
  readonly #entries: BillEntry[] = []
  readonly #file: number | undefined
  #total = 0

  constructor(path: string | undefined) {
    this.#file = path === undefined ? undefined : openSync(path, 'a')
  }

  get entries(): readonly BillEntry[] {
    return this.#entries
  }

  /** Every entry ever made; `entries` keeps the last 200,000. */
  get total(): number {
    return this.#total
  }

  add(entry: BillEntry): void {
    this.#total += 1
    this.#entries.push(entry)
    if (this.#entries.length > 2 * KEPT) this.#entries.splice(0, this.#entries.length - KEPT)
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify(entry)}\n`)
  }

  clear(): void {
    this.#entries.length = 0
    this.#total = 0
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }
}
