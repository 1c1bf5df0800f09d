import type { Budgets } from '../../ports/budgets.ts'
import type { Spool } from './open-spool.ts'

/**
 * A call holds its upper cost until its line is in the store, a moment after its end. Before somebody is refused for the
 * sake of such a hold, this process's own lines are carried there.
 */
export function settledFirst(budgets: Budgets, spool: Pick<Spool, 'pendingCount' | 'flushNow'>): Budgets {
  return {
    async reserve(ask) {
      const first = await budgets.reserve(ask)
      if (first.verdict === 'held' || first.held === 0n || spool.pendingCount === 0) return first
      await spool.flushNow()
      return budgets.reserve(ask)
    },
    release: (holdId) => budgets.release(holdId),
  }
}
