import { type Kysely, sql } from 'kysely'
import { storableText } from '../../../domain/storable-text.ts'
import type { AliasQuery, ListedAliases } from '../../../ports/registry.ts'
import type { Database } from '../database.ts'
import { keysInScope } from './scope-sql.ts'
import { where } from './sql-rows.ts'

/** One text instead of up to a hundred thousand rows, which nobody here has to read. */
export async function listAliases(db: Kysely<Database>, query: AliasQuery): Promise<ListedAliases> {
  const { scope, teamId, part, page } = query
  const conditions = where([
    sql`k.alias is not null`,
    ...keysInScope(scope),
    ...(teamId === undefined ? [] : [sql`k.team_id = ${teamId}`]),
    ...(part === undefined ? [] : [sql`strpos(k.alias_folded, lower(${storableText(part)})) > 0`]),
  ])
  // An index has all aliases in order; those with a part in them are found once, and sorted then.
  const found = sql`with found as ${part === undefined ? sql`not materialized` : sql`materialized`}
    (select k.alias from latchkey.virtual_key k ${conditions})`
  const ordered = sql`select alias from found order by alias collate "C" asc nulls first`
  const { rows } =
    page === undefined
      ? await sql<AliasRow>`
          ${found} select json_agg(alias)::text as json, count(*) as total from (${ordered}) listed`.execute(db)
      : await sql<AliasRow>`
          ${found} select json_agg(alias)::text as json, (select count(*) from found) as total from (
            ${ordered} limit ${page.size} offset ${(page.page - 1) * page.size}) listed`.execute(db)
  return { json: rows[0]?.json ?? '[]', total: Number(rows[0]?.total ?? 0n) }
}

interface AliasRow {
  readonly json: string | null
  readonly total: bigint
}
