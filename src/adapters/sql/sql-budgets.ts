import { type Kysely, sql } from 'kysely'
import type { BudgetLevel } from '../../domain/budget-level.ts'
import { picoUsd } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { Budgets, Reservation, ReserveAsk } from '../../ports/budgets.ts'
import { timestampText } from './column-types.ts'
import type { Database } from './database.ts'

/** A reservation that nobody settles or releases counts as spent after this time. */
const OPEN_MS = 15 * 60_000
/** An account that was opened can be swept away only a day after its window. */
const MOST_OPENINGS = 3

/** Each step is one call of a function of the schema (`0003-budget-accounts.sql`): one round trip, one transaction. */
export function sqlBudgets(db: Kysely<Database>, openMs = OPEN_MS): Budgets {
  async function tryReserve(ask: ReserveAsk, levels: string): Promise<Reservation | 'missing'> {
    const { rows } = await sql<ReservationRow>`
      select outcome, amount_pico, level, spent_pico, held_pico from latchkey.reserve_budget(
        ${ask.holdId}::uuid, ${timestampText(ask.at)}::timestamptz, ${`${openMs} milliseconds`}::interval,
        ${levels}::json, ${ask.least.toString()}::numeric, ${ask.most.toString()}::numeric)`.execute(db)
    const [row] = rows
    if (row === undefined) throw new Error('a reservation without an answer')
    if (row.outcome === 'missing') return 'missing'
    if (row.outcome === 'held') return { verdict: 'held', amount: amountOf(row.amount_pico) }
    const level = ask.levels[row.level ?? 0]
    if (level === undefined) throw new Error('a refusal for a budget that was not asked about')
    return { verdict: 'refused', level, spent: amountOf(row.spent_pico), held: amountOf(row.held_pico) }
  }

  return {
    async reserve(ask) {
      const levels = JSON.stringify(ask.levels.map(levelRow))
      for (let opened = 0; opened < MOST_OPENINGS; opened += 1) {
        const reservation = await tryReserve(ask, levels)
        if (reservation !== 'missing') return reservation
        await sql`select latchkey.open_budget_accounts(${levels}::json)`.execute(db)
      }
      throw new Error('the accounts of a budget could not be opened')
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

function levelRow({ kind, id, limit, window }: BudgetLevel, n: number): object {
  return {
    n,
    kind,
    id,
    window_start: window?.start ?? 0,
    window_end: window?.end,
    // Digits: JSON has no numbers of this size.
    most_pico: limit.toString(),
  }
}

function amountOf(digits: string | null): PicoUsd {
  return picoUsd(BigInt(digits ?? 0))
}
