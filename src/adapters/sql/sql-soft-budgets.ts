import { type Kysely, sql } from 'kysely'
import type { BudgetKind } from '../../domain/budget-level.ts'
import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { picoUsd } from '../../domain/money.ts'
import type { SoftBudgets } from '../../ports/soft-budgets.ts'
import { timestampText } from './column-types.ts'
import type { Database } from './database.ts'

interface SoftBudgetRow {
  readonly kind: BudgetKind
  readonly id: string
  readonly shown: string
  readonly soft_budget_pico: string
  readonly budget_duration: string | null
  readonly budget_anchor_at: EpochMs | null
}

export function sqlSoftBudgets(db: Kysely<Database>): SoftBudgets {
  return {
    async list() {
      const { rows } = await sql<SoftBudgetRow>`
        select kind, id, shown, soft_budget_pico, budget_duration, budget_anchor_at from latchkey.soft_budget`.execute(
        db,
      )
      return rows.map(
        ({ kind, id, shown, soft_budget_pico: pico, budget_duration: duration, budget_anchor_at: anchor }) => ({
          kind,
          id,
          shown,
          limit: picoUsd(BigInt(pico)),
          window: duration === null || anchor === null ? undefined : { duration, anchor },
        }),
      )
    },

    async claim(levels) {
      const asked = levels.map(({ kind, id, window }, n) => ({
        n,
        kind,
        id,
        window_start: timestampText(window?.start ?? ALWAYS),
      }))
      const { rows } = await sql<{ readonly n: number }>`
        with asked as (
          select * from json_to_recordset(${JSON.stringify(asked)}::json) as asked (
            n integer, kind text, id text, window_start timestamptz)
        ), told as (
          insert into latchkey.soft_budget_told (kind, id, window_start)
          select distinct kind, id, window_start from asked on conflict do nothing returning kind, id, window_start
        )
        select n from asked join told using (kind, id, window_start)`.execute(db)
      return levels.filter((_, n) => rows.some((row) => row.n === n))
    },
  }
}

const ALWAYS = epochMs(0)
