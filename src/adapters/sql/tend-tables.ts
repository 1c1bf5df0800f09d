import { type Kysely, sql } from 'kysely'
import type { StoreUpkeep } from '../../ports/store-upkeep.ts'
import type { Database } from './database.ts'
import { tableOf } from './rows/sql-rows.ts'

/** So small that it is read as a whole anyway. */
const FEWEST_PAGES = 50
const GROWTH = 1.2

/**
 * Takes the place of a server's autovacuum. A table that has grown by a fifth is rid of its dead rows, its indexes learn
 * which of its pages need not be looked at, and plans learn what is in it. How much it has grown is known from what the last
 * time wrote down, so that nothing is forgotten with a process.
 */
export function sqlUpkeep(db: Kysely<Database>): StoreUpkeep {
  return {
    async tendOne() {
      const { rows } = await sql<{ name: string }>`
        select name from (
          select c.relname::text as name, c.relpages as known_pages,
            pg_relation_size(c.oid) / current_setting('block_size')::integer as pages
          from pg_class c where c.relkind = 'r' and c.relnamespace = 'latchkey'::regnamespace
        ) grown where pages > ${FEWEST_PAGES} and pages > known_pages * ${GROWTH}::float8
        order by pages - known_pages desc, name limit 1`.execute(db)
      const name = rows[0]?.name
      if (name !== undefined) await db.connection().execute((connection) => tend(name, connection))
      return name
    },
  }
}

/**
 * Two statements with nothing between them: after an announcement the embedded database takes what was written before it for
 * unfinished until it has written something else, and the first one does.
 */
async function tend(name: string, connection: Kysely<Database>): Promise<void> {
  await sql`analyze ${tableOf(name)}`.execute(connection)
  await sql`vacuum ${tableOf(name)}`.execute(connection)
}
