import { LRUCache } from 'lru-cache'
import type { KeyDigest } from '../../domain/ids.ts'
import { NO_MONEY, addUsd } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { LedgerReader } from '../../ports/ledger.ts'
import type { RunningSpend } from '../../ports/running-spend.ts'
import { upTo } from './up-to.ts'

/** Until another replica's spend is looked at again. */
const KEPT_MS = 60_000
/** As many as the directory remembers: a key that is known by one and not by the other would be asked for all the same. */
const MOST_KEYS = 120_000

/** Reads a key's total once and adds this process's own calls to it. */
export class CachedRunningSpend implements RunningSpend {
  readonly #ledger: Pick<LedgerReader, 'spendOfKeys'>
  readonly #totals = new LRUCache<KeyDigest, { total: PicoUsd }>({
    ...upTo(MOST_KEYS),
    ttl: KEPT_MS,
    ttlResolution: 1_000,
  })
  readonly #reads = new Map<KeyDigest, Promise<void>>()

  constructor(ledger: Pick<LedgerReader, 'spendOfKeys'>) {
    this.#ledger = ledger
  }

  prepare(key: KeyDigest): Promise<void> | undefined {
    if (this.#totals.has(key)) return undefined
    const running = this.#reads.get(key)
    if (running !== undefined) return running
    const read = this.#ledger
      .spendOfKeys([key])
      .then((spent) => {
        this.#totals.set(key, { total: spent.get(key) ?? NO_MONEY })
      })
      .finally(() => this.#reads.delete(key))
    this.#reads.set(key, read)
    return read
  }

  add(key: KeyDigest, amount: PicoUsd): PicoUsd | undefined {
    const known = this.#totals.get(key)
    // It can fall out of memory while the call runs; the next call reads the whole.
    if (known === undefined) return undefined
    known.total = addUsd(known.total, amount)
    return known.total
  }
}
