import { expect, test, vi } from 'vitest'
import { sqlRates } from '../../../src/adapters/sql/sql-rates.ts'
import { epochMs } from '../../../src/domain/ids.ts'
import { LEASE_MS, describeRates } from '../../../src/ports/rates.contract.ts'
import { NOON, slotIdFor } from '../../support/entries.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'

const clock = { now: () => NOON }

for (const { name, open } of [
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
]) {
  const suite = emptied(open)
  describeRates(
    name,
    async () => sqlRates((await suite.open()).db, { windowMs: 60_000, clock, leaseMs: LEASE_MS }),
    () => suite.close(),
  )
}

test('the place of a call is held as long as its process says that it runs', async () => {
  const { store, close } = await openServer()
  try {
    let now = NOON
    const rates = sqlRates(store.db, { windowMs: 60_000, clock: { now: () => now }, leaseMs: 300 })
    const scope = {
      kind: 'api_key',
      id: 'k',
      shownId: 'k',
      requests: undefined,
      tokens: undefined,
      parallel: 1,
    } as const
    const [running, other] = [slotIdFor(1), slotIdFor(2)]
    await rates.take({ slotId: running, at: now, scopes: [scope] })
    now = epochMs(NOON + 100_000)
    const judge = async (): Promise<string> => (await rates.judge({ slotId: other, at: now, scopes: [scope] })).verdict
    await vi.waitFor(async () => expect(await judge()).toBe('refused'), 10_000)
    await rates.finish({ slotId: running, at: now, scopes: [scope], tokens: 0 })
    now = epochMs(NOON + 200_000)
    expect(await judge()).toBe('taken')
  } finally {
    await close()
  }
})
