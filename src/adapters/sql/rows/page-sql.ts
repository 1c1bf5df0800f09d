import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Page, PageOf } from '../../../ports/page.ts'
import type { Database } from '../database.ts'
import { where } from './sql-rows.ts'

export interface Sort {
  readonly by: RawBuilder<unknown>
  /** Rows without a value come last in either order. Not said where there are none, because no index would serve it. */
  readonly isNullable?: true
  /** What `by` refers to beside the row. */
  readonly join?: RawBuilder<unknown>
}

interface Listing<Row, Read> {
  /** `latchkey.team t` */
  readonly from: RawBuilder<unknown>
  readonly alias: string
  /** Stands for a column of the same name. */
  readonly instead?: RawBuilder<unknown>
  /** The column that tells its rows apart. Absent: `from` is no table. */
  readonly id?: string
  readonly conditions: readonly RawBuilder<unknown>[]
  /** Says as `total` how many there are, where something knows that without looking at each. */
  readonly counted?: RawBuilder<unknown> | undefined
  /** Whether a condition looks into the texts of every row. */
  readonly isSearch?: boolean
  readonly sort: Sort
  /** Makes the order total. */
  readonly tie: RawBuilder<unknown>
  readonly page: Page
  readonly read: (row: Read) => Row
}

/** So few that sorting them is less work than to come upon them in the order of an index. */
const FEW = 1_000

export async function pageOf<Row, Read>(db: Kysely<Database>, listing: Listing<Row, Read>): Promise<PageOf<Row>> {
  const { from, conditions, page, read } = listing
  const offset = (page.page - 1) * page.size
  const count = listing.counted ?? sql`select count(*) as total from ${from} ${where(conditions)}`
  const counted = await sql<{ total: bigint }>`${count}`.execute(db)
  const total = Number(counted.rows[0]?.total ?? 0n)
  if (total <= offset) return { rows: [], total }
  const { rows } = await selectPage(listing, offset, listing.isSearch === true && total <= FEW).execute(db)
  return { rows: rows.map(read), total }
}

/** Finds the page by what it is sorted by, and only then the rows: those of the pages before stay unread. */
function selectPage<Row, Read>(
  { from, alias, instead, id, conditions, sort, tie, page }: Listing<Row, Read>,
  offset: number,
  areFew: boolean,
): RawBuilder<Read> {
  const nulls = sort.isNullable === true ? sql`nulls last` : sql``
  const direction = page.order === 'asc' ? sql`asc ${nulls}` : sql`desc ${nulls}`
  const bounds = sql`limit ${page.size} offset ${offset}`
  const columns = sql`${sql.ref(alias)}.*${instead === undefined ? sql`` : sql`, ${instead}`}`
  const key = id === undefined ? undefined : sql.ref(`${alias}.${id}`)
  if (key === undefined) {
    return sql`select ${columns} from ${from} ${sort.join ?? sql``} ${where(conditions)}
      order by ${sort.by} ${direction}, ${tie} ${bounds}`
  }
  // The database can't tell how many rows a text is part of: `offset 0` has it find all of them first.
  const matching = areFew
    ? sql`(select ${sql.ref(alias)}.* from ${from} ${where(conditions)} offset 0) ${sql.ref(alias)} ${sort.join ?? sql``}`
    : sql`${from} ${sort.join ?? sql``} ${where(conditions)}`
  return sql`
    select ${columns}, page.* from (
      select ${key} as page_id, ${sort.by} as page_sort from ${matching}
      order by ${sort.by} ${direction}, ${tie} ${bounds}
    ) page join ${from} on ${key} = page.page_id order by page.page_sort ${direction}, ${tie}`
}

/** Byte order, so that the order does not depend on the collation a database was made with. */
export function byBytes(column: string): RawBuilder<unknown> {
  return sql`${sql.ref(column)} collate "C"`
}

/** By what the entities of a kind have spent. Joined, because a subquery would be run for each row of the table. */
export function bySpend(kind: string, id: RawBuilder<unknown>): Sort {
  return {
    by: sql`coalesce(spend.total_pico - spend.forgiven_pico, 0)`,
    join: sql`left join latchkey.spend_total spend on spend.kind = ${kind} and spend.id = ${id}`,
  }
}

/** A part of a text, without regard to case; what the caller wrote is no pattern. */
export function contains(column: string, part: string): RawBuilder<unknown> {
  return sql`strpos(lower(${sql.ref(column)}), lower(${part})) > 0`
}
