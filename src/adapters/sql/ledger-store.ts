import { type Kysely, sql } from 'kysely'
import type { LedgerStore } from '../../ports/ledger.ts'
import type { Database } from './database.ts'
import { refusesContent } from './database-error.ts'

export function sqlLedgerStore(db: Kysely<Database>): LedgerStore {
  return {
    async keep(lines) {
      try {
        // One statement, and so one transaction: a line, its part of every total, and the end of what was held for it.
        await sql`select latchkey.keep_ledger_lines(${`[${lines.join(',')}]`}::json)`.execute(db)
      } catch (error) {
        if (refusesContent(error)) return 'refused'
        throw error
      }
      return 'kept'
    },
  }
}
