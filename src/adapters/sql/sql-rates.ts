import { type Kysely, sql } from 'kysely'
import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { RateScope, RateType } from '../../domain/rate-scope.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RateState, Rates, RatesAsk, TakenRates } from '../../ports/rates.ts'
import { timestampText } from './column-types.ts'
import type { Database } from './database.ts'
import { RunningSlots } from './running-slots.ts'
import { undone } from './undone.ts'

export interface SqlRatesOptions {
  /** `LITELLM_RATE_LIMIT_WINDOW_SIZE` */
  readonly windowMs: number
  readonly clock: Clock
  /** How long a call counts as running whose process is not heard of any more. */
  readonly leaseMs?: number
}

const LEASE_MS = 90_000

/** Each step is one call of a function of the schema (`0015-rates.sql`, `0024-rates-of-rotated-keys.sql`): one round trip, one transaction. */
export function sqlRates(db: Kysely<Database>, { windowMs, clock, leaseMs = LEASE_MS }: SqlRatesOptions): Rates {
  const window = `${windowMs} milliseconds`
  const lease = `${leaseMs} milliseconds`
  const running = new RunningSlots(leaseMs / 3, async (slots) => {
    await sql`
      update latchkey.rate_slot set expires_at = ${timestampText(clock.now())}::timestamptz + ${lease}::interval
      where slot_id = any(${[...slots]}::uuid[])`.execute(db)
  })

  async function take({ slotId, at, scopes }: RatesAsk, on: Kysely<Database>): Promise<TakenRates> {
    const { rows } = await sql<RateRow>`
      select n, refused, requests, tokens, running, started_at from latchkey.take_rates(
        ${slotId}::uuid, ${timestampText(at)}::timestamptz, ${window}::interval,
        ${lease}::interval, ${scopesText(scopes)}::json)`.execute(on)
    const states = rows.map((row): RateState & { readonly refused: RateType | null } => {
      const scope = scopes[row.n]
      if (scope === undefined) throw new Error('an answer about a rate that was not asked about')
      const resetsAt = epochMs(row.started_at + windowMs)
      const [requests, tokens, running] = [Number(row.requests), Number(row.tokens), Number(row.running)]
      return { scope, requests, tokens, running, resetsAt, refused: row.refused }
    })
    if (states.length !== scopes.length) throw new Error('a rate without an answer')
    for (const state of states) {
      if (state.refused !== null) return { verdict: 'refused', state, type: state.refused }
    }
    return { verdict: 'taken', states }
  }

  return {
    async take(ask) {
      const taken = await take(ask, db)
      if (taken.verdict === 'taken' && ask.scopes.some(({ parallel }) => parallel !== undefined))
        running.add(ask.slotId)
      return taken
    },
    judge: (ask) => undone(db, (on) => take(ask, on)),
    async finish({ slotId, at, scopes, tokens }) {
      running.delete(slotId)
      await sql`select latchkey.finish_rates(
        ${slotId}::uuid, ${timestampText(at)}::timestamptz, ${window}::interval, ${tokens}::bigint,
        ${scopesText(scopes)}::json)`.execute(db)
    },
  }
}

interface RateRow {
  readonly n: number
  readonly refused: RateType | null
  readonly requests: bigint
  readonly tokens: bigint
  readonly running: bigint
  readonly started_at: EpochMs
}

function scopesText(scopes: readonly RateScope[]): string {
  return JSON.stringify(
    scopes.map(({ kind, id, requests, tokens, parallel }, n) => ({ n, scope: kind, id, requests, tokens, parallel })),
  )
}
