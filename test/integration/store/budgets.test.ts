import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { sqlBudgets } from '../../../src/adapters/sql/sql-budgets.ts'
import { describeBudgets } from '../../../src/ports/budgets.contract.ts'
import type { OpenBudgets } from '../../../src/ports/budgets.contract.ts'
import { writeLedgerLine } from '../../../src/domain/ledger-line.ts'
import { picoUsd } from '../../../src/domain/money.ts'
import { digestOf, holdIdFor, makeEntry, NOON } from '../../support/entries.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'

for (const { name, open } of [
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
]) {
  const suite = emptied(open)
  describeBudgets(
    name,
    async () => opened(await suite.open()),
    () => suite.close(),
  )
}

test('what this process has yet to carry to the store counts in an account from its beginning', async () => {
  const { store, close } = await openEmbedded()
  try {
    const line = writeLedgerLine(makeEntry(1, { amount: picoUsd(7n) }))
    const budgets = store.openBudgets(async () => void (await store.ledger.keep([line])))
    const level = { kind: 'key', id: digestOf(1), limit: picoUsd(10n), window: undefined } as const
    const ask = { holdId: holdIdFor(1), at: NOON, levels: [level], least: picoUsd(4n), most: picoUsd(4n) }
    expect(await budgets.reserve(ask)).toEqual({ verdict: 'refused', level, spent: 7n, held: 0n })
  } finally {
    await close()
  }
})

function opened({ db, ledger }: Awaited<ReturnType<ReturnType<typeof emptied>['open']>>): OpenBudgets {
  return {
    budgets: sqlBudgets(db),
    hasty: sqlBudgets(db, { openMs: 0 }),
    ledger,
    accounts: async () => {
      const { rows } = await sql<{ kind: string; id: string; spent_pico: string; held_pico: string }>`
        select kind, id, spent_pico, held_pico from latchkey.budget_account order by kind, id, window_start`.execute(db)
      return rows.map((row) => ({ ...row, spent: BigInt(row.spent_pico), held: BigInt(row.held_pico) }))
    },
    retire: async (from, to) => {
      await sql`insert into latchkey.retired_key_digest (digest, successor) values (${from}, ${to})`.execute(db)
    },
  }
}
