import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Page, PageOf } from '../../../ports/page.ts'
import type { Database } from '../database.ts'
import { where } from './sql-rows.ts'

interface Listing<Row, Read> {
  /** `latchkey.team t` */
  readonly from: RawBuilder<unknown>
  readonly alias: string
  /** Stands for a column of the same name. */
  readonly instead?: RawBuilder<unknown>
  readonly conditions: readonly RawBuilder<unknown>[]
  readonly sort: RawBuilder<unknown>
  /** Makes the order total. */
  readonly tie: RawBuilder<unknown>
  readonly page: Page
  readonly read: (row: Read) => Row
}

export async function pageOf<Row, Read>(db: Kysely<Database>, listing: Listing<Row, Read>): Promise<PageOf<Row>> {
  const { from, alias, instead, conditions, sort, tie, page } = listing
  const matching = where(conditions)
  const count = await sql<{ total: bigint }>`select count(*) as total from ${from} ${matching}`.execute(db)
  const total = Number(count.rows[0]?.total ?? 0n)
  if (total <= (page.page - 1) * page.size) return { rows: [], total }
  const direction = page.order === 'asc' ? sql`asc` : sql`desc`
  const { rows } = await sql<Read>`
    select ${sql.ref(alias)}.*${instead === undefined ? sql`` : sql`, ${instead}`} from ${from} ${matching}
    order by ${sort} ${direction} nulls last, ${tie}
    limit ${page.size} offset ${(page.page - 1) * page.size}`.execute(db)
  return { rows: rows.map(listing.read), total }
}

/** Byte order, so that the order does not depend on the collation a database was made with. */
export function byBytes(column: string): RawBuilder<unknown> {
  return sql`${sql.ref(column)} collate "C"`
}

export function spendOf(kind: string, id: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(select coalesce(sum(spend.total_pico - spend.forgiven_pico), 0) from latchkey.spend_total spend
    where spend.kind = ${kind} and spend.id = ${id})`
}

/** A part of a text, without regard to case; what the caller wrote is no pattern. */
export function contains(column: string, part: string): RawBuilder<unknown> {
  return sql`strpos(lower(${sql.ref(column)}), lower(${part})) > 0`
}
