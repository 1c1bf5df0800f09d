import type { Budgets, Reservation } from '../../ports/budgets.ts'
import type { Spool } from './open-spool.ts'

/**
 * A call holds its upper cost until its line is in the store, a moment after its end. Before somebody is refused for the
 * sake of such a hold, this process's own lines are carried there.
 */
export function settledFirst(budgets: Budgets, spool: Pick<Spool, 'pendingCount' | 'flushNow'>): Budgets {
  const settled = async (ask: () => Promise<Reservation>): Promise<Reservation> => {
    const first = await ask()
    if (first.verdict === 'held' || first.held === 0n || spool.pendingCount === 0) return first
    await spool.flushNow()
    return ask()
  }
  return {
    reserve: (ask) => settled(() => budgets.reserve(ask)),
    judge: (ask) => settled(() => budgets.judge(ask)),
    spentAt: (levels) => budgets.spentAt(levels),
    follow: (levels) => budgets.follow(levels),
    release: (holdId) => budgets.release(holdId),
  }
}
