import { type Kysely, sql } from 'kysely'
import { storableText } from '../../../domain/storable-text.ts'
import type { AliasQuery, ListedAliases } from '../../../ports/registry.ts'
import type { Database } from '../database.ts'
import { keysInScope } from './scope-sql.ts'
import { where } from './sql-rows.ts'

/** One text instead of up to a hundred thousand rows, which nobody here has to read. */
export async function listAliases(
  db: Kysely<Database>,
  { scope, teamId, part, page }: AliasQuery,
): Promise<ListedAliases> {
  const conditions = where([
    sql`k.alias is not null`,
    ...keysInScope(scope),
    ...(teamId === undefined ? [] : [sql`k.team_id = ${teamId}`]),
    ...(part === undefined ? [] : [sql`strpos(k.alias_folded, lower(${storableText(part)})) > 0`]),
  ])
  const bounds = page === undefined ? sql`` : sql`limit ${page.size} offset ${(page.page - 1) * page.size}`
  const { rows } = await sql<{ json: string | null; found: bigint }>`
    select json_agg(alias)::text as json, count(*) as found from (
      select k.alias from latchkey.virtual_key k ${conditions}
      order by k.alias collate "C" asc nulls first ${bounds}) named`.execute(db)
  const json = rows[0]?.json ?? '[]'
  if (page === undefined) return { json, total: Number(rows[0]?.found ?? 0n) }
  const counted = await sql<{ total: bigint }>`
    select count(*) as total from latchkey.virtual_key k ${conditions}`.execute(db)
  return { json, total: Number(counted.rows[0]?.total ?? 0n) }
}
