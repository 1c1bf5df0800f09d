import type { Store } from '../../src/adapters/sql/open-store.ts'
import { newCallId } from '../../src/adapters/system/chance.ts'
import { allow } from '../../src/domain/decision.ts'
import type { Rooms } from '../../src/ports/registry.ts'
import { ABOUT, ORIGIN } from './rows.ts'

/** One change of a store, which nobody else is told of and the audit log tells nothing about. */
export async function writeRows<Outcome>(
  store: Pick<Store, 'openRegistry'>,
  work: (rooms: Rooms) => Promise<Outcome>,
): Promise<Outcome> {
  const registry = store.openRegistry(newCallId, async () => {})
  const changed = await registry.change(ORIGIN, ABOUT, async (rooms) =>
    allow({ outcome: await work(rooms), records: [] }),
  )
  if (changed.verdict === 'deny') throw new Error(changed.because)
  return changed.granted
}
