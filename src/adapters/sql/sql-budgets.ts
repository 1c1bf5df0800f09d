import { type Kysely, sql } from 'kysely'
import type { BudgetLevel } from '../../domain/budget-level.ts'
import { picoUsd } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { Budgets, Reservation, ReserveAsk } from '../../ports/budgets.ts'
import { timestampText } from './column-types.ts'
import type { Database } from './database.ts'
import { undone } from './undone.ts'

/** A reservation that nobody settles or releases counts as spent after this time. */
const OPEN_MS = 15 * 60_000
/** An account that was opened can be swept away only a day after its window. */
const MOST_OPENINGS = 3

interface SqlBudgetsOptions {
  readonly openMs?: number
  /** Brings this process's own lines to the store. An account begins as the sum of the lines that are there. */
  readonly flushNow?: () => Promise<void>
}

/** Each step is one call of a function of the schema (`0003-budget-accounts.sql`, `0017-wider-budgets.sql`): one round trip, one transaction. */
export function sqlBudgets(db: Kysely<Database>, { openMs = OPEN_MS, flushNow }: SqlBudgetsOptions = {}): Budgets {
  async function tryReserve(
    ask: ReserveAsk,
    levels: string,
    on: Kysely<Database> = db,
  ): Promise<Reservation | 'missing'> {
    const { rows } = await sql<ReservationRow>`
      select outcome, amount_pico, level, spent_pico, held_pico from latchkey.reserve_budget(
        ${ask.holdId}::uuid, ${timestampText(ask.at)}::timestamptz, ${`${openMs} milliseconds`}::interval,
        ${levels}::json, ${ask.least.toString()}::numeric, ${ask.most.toString()}::numeric)`.execute(on)
    const [row] = rows
    if (row === undefined) throw new Error('a reservation without an answer')
    if (row.outcome === 'missing') return 'missing'
    if (row.outcome === 'held') return { verdict: 'held', amount: amountOf(row.amount_pico) }
    const level = ask.levels[row.level ?? 0]
    if (level === undefined) throw new Error('a refusal for a budget that was not asked about')
    return { verdict: 'refused', level, spent: amountOf(row.spent_pico), held: amountOf(row.held_pico) }
  }

  async function openAccounts(levels: string, on: Kysely<Database> = db): Promise<void> {
    await sql`select latchkey.open_budget_accounts(${levels}::json)`.execute(on)
  }

  async function spentOf(levels: string): Promise<readonly PicoUsd[]> {
    const { rows } = await sql<{ readonly spent_pico: string }>`
      select spent_pico from latchkey.spent_of_budgets(${levels}::json) order by n`.execute(db)
    return rows.map(({ spent_pico }) => amountOf(spent_pico))
  }

  return {
    async reserve(ask) {
      const levels = JSON.stringify(ask.levels.map(levelRow))
      for (let opened = 0; opened < MOST_OPENINGS; opened += 1) {
        const reservation = await tryReserve(ask, levels)
        if (reservation !== 'missing') return reservation
        await flushNow?.()
        await openAccounts(levels)
      }
      throw new Error('the accounts of a budget could not be opened')
    },

    async judge(ask) {
      const levels = JSON.stringify(ask.levels.map(levelRow))
      const known = await undone(db, (on) => tryReserve(ask, levels, on))
      if (known !== 'missing') return known
      await flushNow?.()
      // The lock for opening comes first, so that nobody who judges waits for somebody who does the same.
      const judged = await undone(db, async (on) => {
        await openAccounts(levels, on)
        return tryReserve(ask, levels, on)
      })
      if (judged === 'missing') throw new Error('the accounts of a budget could not be opened')
      return judged
    },

    async spentAt(levels) {
      await flushNow?.()
      return spentOf(JSON.stringify(levels.map(levelRow)))
    },

    async follow(levels) {
      await flushNow?.()
      const asked = JSON.stringify(levels.map(levelRow))
      const { rows } = await sql`
        select n from latchkey.asked_budgets(${asked}::json) level
        left join latchkey.budget_account a using (kind, id, window_start, window_end) where a.kind is null limit 1`.execute(
        db,
      )
      if (rows.length > 0) await openAccounts(asked)
      return spentOf(asked)
    },

    async release(holdId) {
      await sql`select latchkey.release_budget(${holdId}::uuid)`.execute(db)
    },
  }
}

interface ReservationRow {
  readonly outcome: 'missing' | 'held' | 'refused'
  readonly amount_pico: string | null
  readonly level: number | null
  readonly spent_pico: string | null
  readonly held_pico: string | null
}

/** An account of models has a kind of its own, and their names in its id. */
function levelRow({ kind, id, models, limit, window }: BudgetLevel, n: number): object {
  return {
    n,
    kind: models === undefined ? kind : `${kind}_model`,
    id: models === undefined ? id : JSON.stringify([id, ...models]),
    window_start: window?.start ?? 0,
    window_end: window?.end,
    // Digits: JSON has no numbers of this size.
    most_pico: limit.toString(),
  }
}

function amountOf(digits: string | null): PicoUsd {
  return picoUsd(BigInt(digits ?? 0))
}
