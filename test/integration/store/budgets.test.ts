import { sql } from 'kysely'
import { sqlBudgets } from '../../../src/adapters/sql/sql-budgets.ts'
import { describeBudgets } from '../../../src/ports/budgets.contract.ts'
import type { OpenBudgets } from '../../../src/ports/budgets.contract.ts'
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

function opened({ db, ledger }: Awaited<ReturnType<ReturnType<typeof emptied>['open']>>): OpenBudgets {
  return {
    budgets: sqlBudgets(db),
    hasty: sqlBudgets(db, 0),
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
