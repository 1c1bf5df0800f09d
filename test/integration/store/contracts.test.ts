import { afterAll } from 'vitest'
import { describeLedger } from '../../../src/ports/ledger.contract.ts'
import { describeVirtualKeys } from '../../../src/ports/virtual-keys.contract.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'

for (const { name, open } of [
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
]) {
  const shared = emptied(open)
  afterAll(() => shared.close())

  describeVirtualKeys(name, async () => ({ keys: (await shared.open()).keys, close: async () => {} }))
  describeLedger(name, async () => {
    const store = await shared.open()
    return { store: store.ledger, reader: store.readLedger(async () => {}), keys: store.keys, close: async () => {} }
  })
}
