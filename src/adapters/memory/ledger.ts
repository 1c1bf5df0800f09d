import type { EntryId } from '../../domain/ids.ts'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import { entryOf, parseLedgerLine, writeLedgerLine } from '../../domain/ledger-line.ts'
import { addUsd, NO_MONEY, type PicoUsd } from '../../domain/money.ts'
import type { DailySpend, LedgerFilter, LedgerReader, LedgerStore, LedgerWriter } from '../../ports/ledger.ts'
import { type KeyRegister, lineageOf } from './key-register.ts'

/** A ledger that ends with the process. */
export function memoryLedger(register: KeyRegister): LedgerWriter & LedgerStore & LedgerReader {
  const kept = new Map<EntryId, LedgerEntry>()

  function keepLine(line: string): void {
    const entry = entryOf(parseLedgerLine(line))
    if (kept.has(entry.entryId)) return
    kept.set(entry.entryId, entry)
    if (entry.payer.kind === 'key') addTo(register.spend, entry.payer.digest, entry.amount)
  }

  function matching(filter: Omit<LedgerFilter, 'limit'>): LedgerEntry[] {
    const payers = filter.key === undefined ? undefined : new Set<string>(lineageOf(register, filter.key))
    return [...kept.values()]
      .filter((entry) => {
        const { requestId, userId, from = -Infinity, until = Infinity } = filter
        if (requestId !== undefined && entry.requestId !== requestId) return false
        if (userId !== undefined && entry.userId !== userId) return false
        if (payers !== undefined && (entry.payer.kind !== 'key' || !payers.has(entry.payer.digest))) return false
        return entry.startedAt >= from && entry.startedAt < until
      })
      .toSorted((a, b) => b.startedAt - a.startedAt || (a.entryId < b.entryId ? 1 : -1))
  }

  return {
    append: (entry) => keepLine(writeLedgerLine(entry)),
    async keep(lines) {
      for (const line of lines) keepLine(line)
      return 'kept'
    },
    entries: async (filter) => matching(filter).slice(0, filter.limit),
    has: async (entryId) => kept.has(entryId),
    async spendOfKeys(keys) {
      const sums = keys.map(
        (key) => [key, lineageOf(register, key).filter((digest) => register.spend.has(digest))] as const,
      )
      return new Map(
        sums
          .filter(([, payers]) => payers.length > 0)
          .map(([key, payers]) => [
            key,
            payers.reduce((sum, digest) => addUsd(sum, register.spend.get(digest) ?? NO_MONEY), NO_MONEY),
          ]),
      )
    },
    async daily(filter) {
      const days = Map.groupBy(matching(filter), (entry) =>
        new Date(entry.startedAt).toISOString().slice(0, 'YYYY-MM-DD'.length),
      )
      return [...days].map(([day, entries]) => sumDay(day, entries))
    },
  }
}

function sumDay(day: string, entries: readonly LedgerEntry[]): DailySpend {
  const byKey = new Map<string, PicoUsd>()
  const byUser = new Map<string, PicoUsd>()
  const byModel = new Map<string, PicoUsd>()
  let total = NO_MONEY
  for (const { amount, payer, userId, modelGroup } of entries) {
    total = addUsd(total, amount)
    if (payer.kind === 'key') addTo(byKey, payer.digest, amount)
    if (userId !== undefined) addTo(byUser, userId, amount)
    addTo(byModel, modelGroup, amount)
  }
  return { day, total, byKey, byUser, byModel }
}

function addTo<Name>(sums: Map<Name, PicoUsd>, name: Name, amount: PicoUsd): void {
  sums.set(name, addUsd(sums.get(name) ?? NO_MONEY, amount))
}
