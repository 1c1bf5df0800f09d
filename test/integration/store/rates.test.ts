import { sqlRates } from '../../../src/adapters/sql/sql-rates.ts'
import { MOST_CALL_MS, describeRates } from '../../../src/ports/rates.contract.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'

for (const { name, open } of [
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
]) {
  const suite = emptied(open)
  describeRates(
    name,
    async () => sqlRates((await suite.open()).db, { windowMs: 60_000, mostCallMs: MOST_CALL_MS }),
    () => suite.close(),
  )
}
