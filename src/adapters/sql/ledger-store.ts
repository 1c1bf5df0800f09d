import { type Kysely, sql } from 'kysely'
import type { LedgerStore } from '../../ports/ledger.ts'
import type { Database } from './database.ts'
import { refusesContent } from './database-error.ts'

export function sqlLedgerStore(db: Kysely<Database>): LedgerStore {
  return {
    async keep(lines) {
      try {
        await insertLines(db, `[${lines.join(',')}]`)
      } catch (error) {
        if (refusesContent(error)) return 'refused'
        throw error
      }
      return 'kept'
    },
  }
}

/**
 * One statement: a line and its part of the key's total are on record together or not at all, and a line that was on
 * record already adds nothing. Totals are touched in one order, so that two replicas can't wait for each other.
 */
async function insertLines(db: Kysely<Database>, lines: string): Promise<void> {
  await sql`
    with kept as (
      insert into latchkey.ledger_entry (
        entry_id, at, payer_kind, key_digest, user_id, team_id, end_user_id, request_id, amount_pico, model_group, status,
        prompt_tokens, completion_tokens, detail)
      select
        entry_id, to_timestamp(at / 1000.0), payer_kind, key_digest, user_id, team_id, end_user_id, request_id,
        amount_pico, model_group, status, prompt_tokens, completion_tokens, detail
      from json_to_recordset(${lines}::json) as line (
        entry_id uuid, at bigint, payer_kind text, key_digest text, user_id text, team_id text, end_user_id text,
        request_id text, amount_pico bigint, model_group text, status text, prompt_tokens bigint,
        completion_tokens bigint, detail text)
      on conflict (entry_id) do nothing
      returning key_digest, amount_pico
    )
    insert into latchkey.key_spend (key_digest, total_pico)
    select key_digest, sum(amount_pico) from kept where key_digest is not null group by key_digest order by key_digest
    on conflict (key_digest) do update set total_pico = key_spend.total_pico + excluded.total_pico`.execute(db)
}
