import { afterAll } from 'vitest'
import { describeDirectory } from '../../../src/ports/directory.contract.ts'
import { describeLedger } from '../../../src/ports/ledger.contract.ts'
import { describeLists } from '../../../src/ports/page.contract.ts'
import { describeRegistry } from '../../../src/ports/registry.contract.ts'
import { describeSpendReports } from '../../../src/ports/spend-reports.contract.ts'
import { CachedDirectory } from '../../../src/adapters/cache/cached-directory.ts'
import { newCallId } from '../../../src/adapters/system/chance.ts'
import { NOON } from '../../support/entries.ts'
import { readAudit } from '../../support/read-audit.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'

for (const { name, open } of [
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
]) {
  const shared = emptied(open)
  afterAll(() => shared.close())

  describeDirectory(name, async () => {
    const store = await shared.open()
    return {
      directory: store.directory,
      registry: store.openRegistry(newCallId, async () => {}),
      close: async () => {},
    }
  })
  describeDirectory(`${name}, behind a cache`, async () => {
    const { directory, changes, openRegistry } = await shared.open()
    const cache = new CachedDirectory({
      directory,
      changes,
      clock: { now: () => NOON },
      maxPresent: 100,
      maxAbsent: 100,
    })
    const registry = openRegistry(newCallId, async (facts) => cache.forget(facts))
    return { directory: cache, registry, close: async () => {} }
  })
  describeRegistry(name, async () => {
    const store = await shared.open()
    const registry = store.openRegistry(newCallId, async () => {})
    return { registry, audit: () => readAudit(store.db), close: async () => {} }
  })
  describeLists(name, async () => {
    const store = await shared.open()
    return { registry: store.openRegistry(newCallId, async () => {}), ledger: store.ledger, close: async () => {} }
  })
  describeSpendReports(name, async () => {
    const store = await shared.open()
    const registry = store.openRegistry(newCallId, async () => {})
    return { registry, store: store.ledger, reader: store.readLedger(async () => {}), close: async () => {} }
  })
  describeLedger(name, async () => {
    const store = await shared.open()
    const registry = store.openRegistry(newCallId, async () => {})
    return { store: store.ledger, reader: store.readLedger(async () => {}), registry, close: async () => {} }
  })
}
