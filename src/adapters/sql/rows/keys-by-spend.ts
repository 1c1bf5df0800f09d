import { type Kysely, sql } from 'kysely'
import type { VirtualKey } from '../../../domain/virtual-key.ts'
import type { Page, PageOf } from '../../../ports/page.ts'
import type { Database } from '../database.ts'
import { keyKind } from './key-kind.ts'
import type { KeyColumns } from './key-kind.ts'

/**
 * A page of all keys by what they have spent. How many there are of each magnitude tells of which the page is, and only keys
 * of those are sorted: an index on the spend itself would be written with every line.
 */
export async function keysBySpend(db: Kysely<Database>, page: Page): Promise<PageOf<VirtualKey>> {
  const from = (page.page - 1) * page.size
  const direction = page.order === 'asc' ? sql`asc` : sql`desc`
  const { rows } = await sql<KeyColumns & { readonly total: bigint }>`
    with step as (
      select magnitude, count(*) as keys from latchkey.key_spend group by magnitude
    ), place as (
      select magnitude, sum(keys) over (order by magnitude ${direction}) - keys as first, keys from step
    ), near as (
      select min(magnitude) as lowest, max(magnitude) as highest, min(first) as first from place
      where first < ${from + page.size} and first + keys > ${from}
    )
    select k.*, (select sum(keys)::bigint from step) as total from (
      select digest, spent_pico from latchkey.key_spend
      where magnitude between (select lowest from near) and (select highest from near)
      order by spent_pico ${direction}, digest limit ${page.size} offset ${from} - (select first from near)
    ) page join latchkey.virtual_key k on k.digest = page.digest order by page.spent_pico ${direction}, k.digest`.execute(
    db,
  )
  const total = rows[0]?.total ?? (await countKeys(db))
  return { rows: rows.map(keyKind.read), total: Number(total) }
}

async function countKeys(db: Kysely<Database>): Promise<bigint> {
  const { rows } = await sql<{ total: bigint }>`select count(*) as total from latchkey.key_spend`.execute(db)
  return rows[0]?.total ?? 0n
}
