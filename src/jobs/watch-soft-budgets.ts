import type { BudgetKind, BudgetLevel } from '../domain/budget-level.ts'
import { spanAt } from '../domain/budget-window.ts'
import type { EpochMs } from '../domain/ids.ts'
import { usdText } from '../domain/money.ts'
import type { Budgets } from '../ports/budgets.ts'
import type { Timers } from '../ports/chance.ts'
import type { Clock } from '../ports/clock.ts'
import type { OperatorLog } from '../ports/operator-log.ts'
import type { SoftBudget, SoftBudgets } from '../ports/soft-budgets.ts'

export interface SoftBudgetPorts {
  readonly softBudgets: SoftBudgets
  readonly budgets: Pick<Budgets, 'follow'>
  readonly clock: Clock
  readonly timers: Timers
  readonly log: OperatorLog
}

const REST_MS = 10_000

/** Looks again and again which soft budgets are crossed, and tells of each once in its window. Nothing waits for it. */
export class SoftBudgetWatch {
  readonly #ports: SoftBudgetPorts
  readonly #crossed = new Map<BudgetKind, number>()
  #cancel: () => void
  #running: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(ports: SoftBudgetPorts) {
    this.#ports = ports
    this.#cancel = ports.timers.after(REST_MS, () => this.#go())
  }

  /** How many are crossed now, by whose they are. */
  get crossed(): ReadonlyMap<BudgetKind, number> {
    return this.#crossed
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancel()
    await this.#running
  }

  #go(): void {
    this.#running = this.#look().then(() => {
      if (!this.#isClosed) this.#cancel = this.#ports.timers.after(REST_MS, () => this.#go())
    })
  }

  async #look(): Promise<void> {
    const { softBudgets, budgets, clock, log } = this.#ports
    try {
      const all = await softBudgets.list()
      const now = clock.now()
      const standing = all.map((soft) => ({ soft, level: levelOf(soft, now) }))
      const spent = all.length === 0 ? [] : await budgets.follow(standing.map(({ level }) => level))
      const over = standing.flatMap((each, n) => {
        const amount = spent[n]
        return amount === undefined || amount < each.level.limit ? [] : [{ ...each, amount }]
      })
      this.#count(over.map(({ level }) => level))
      const unheard = over.length === 0 ? [] : await softBudgets.claim(over.map(({ level }) => level))
      for (const { soft, level, amount } of over) {
        if (!unheard.includes(level)) continue
        log.warn('a soft budget is crossed', {
          event: 'soft_budget_crossed',
          kind: soft.kind,
          name: soft.shown,
          spend: usdText(amount),
          soft_budget: usdText(level.limit),
          ...(level.window === undefined ? {} : { resets_at: new Date(level.window.end).toISOString() }),
        })
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown'
      log.warn('soft budgets could not be looked at', { reason })
    }
  }

  #count(levels: readonly BudgetLevel[]): void {
    this.#crossed.clear()
    for (const { kind } of levels) this.#crossed.set(kind, (this.#crossed.get(kind) ?? 0) + 1)
  }
}

function levelOf({ kind, id, limit, window }: SoftBudget, now: EpochMs): BudgetLevel {
  return { kind, id, limit, window: spanAt(window, now) }
}
