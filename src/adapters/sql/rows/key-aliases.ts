import { type Kysely, sql } from 'kysely'
import { storableText } from '../../../domain/storable-text.ts'
import type { AliasQuery, ListedAliases } from '../../../ports/registry.ts'
import type { Database } from '../database.ts'
import { keysInScope } from './scope-sql.ts'
import { where } from './sql-rows.ts'

/** So many in one text: the driver's buffer for it stays small enough to come and go at little cost. */
const PIECE = 10_000

/** A few texts instead of up to a hundred thousand rows, which nobody here has to read. */
export async function listAliases(db: Kysely<Database>, query: AliasQuery, piece = PIECE): Promise<ListedAliases> {
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
  if (page === undefined) {
    const { rows } = await sql<AliasPart>`
      ${found} select first, array_to_json(whole.aliases[first : first + ${piece}::int - 1])::text as json,
        cardinality(whole.aliases) as total
      from (select array_agg(alias) as aliases from (${ordered}) listed) whole,
        generate_series(1, cardinality(whole.aliases), ${piece}::int) first`.execute(db)
    // Put in order here: there the few texts would be sorted on disk, because they are long.
    const pieces = rows.toSorted((a, b) => a.first - b.first).map(({ json }) => json.slice(1, -1))
    return { json: `[${pieces.join(',')}]`, total: rows[0]?.total ?? 0 }
  }
  const { rows } = await sql<AliasPage>`
    ${found} select json_agg(alias)::text as json, (select count(*) from found) as total from (
      ${ordered} limit ${page.size} offset ${(page.page - 1) * page.size}) listed`.execute(db)
  return { json: rows[0]?.json ?? '[]', total: Number(rows[0]?.total ?? 0n) }
}

interface AliasPart {
  /** Its place among all. */
  readonly first: number
  readonly json: string
  readonly total: number
}

interface AliasPage {
  readonly json: string | null
  readonly total: bigint
}
