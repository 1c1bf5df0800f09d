import { Problem } from '../../domain/problem.ts'
import type { ManagePorts } from '../../manage/ports.ts'

/** A store that does not answer is the gateway's trouble, said as such: never an absence, never the caller's mistake. */
export function guardStore(ports: ManagePorts): ManagePorts {
  const { keys, ledger } = ports
  return {
    ...ports,
    keys: {
      findKey: (...of) => guarded(keys.findKey(...of)),
      findByAlias: (...of) => guarded(keys.findByAlias(...of)),
      list: (...of) => guarded(keys.list(...of)),
      insert: (...of) => guarded(keys.insert(...of)),
      update: (...of) => guarded(keys.update(...of)),
      rotate: (...of) => guarded(keys.rotate(...of)),
      delete: (...of) => guarded(keys.delete(...of)),
    },
    ledger: {
      entries: (...of) => guarded(ledger.entries(...of)),
      has: (...of) => guarded(ledger.has(...of)),
      spendOfKeys: (...of) => guarded(ledger.spendOfKeys(...of)),
      daily: (...of) => guarded(ledger.daily(...of)),
    },
  }
}

async function guarded<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked
  } catch (cause) {
    throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
  }
}
