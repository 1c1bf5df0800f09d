import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Page, PageOf } from '../../ports/page.ts'
import type {
  ActivityPart,
  ActivityQuery,
  ActivitySums,
  ActivityTrait,
  SpendReports,
  TopActivity,
} from '../../ports/spend-reports.ts'
import { AMOUNTS, DAYS, JOINS, SUMS, columnsOf, daysOf, partOf, readParts, traitsBy } from './daily-spend.ts'
import type { PartRow, Traits } from './daily-spend.ts'
import type { Database } from './database.ts'
import { readAsText } from './rows-as-text.ts'
import { where } from './rows/sql-rows.ts'

/** What reports of days say, by the rows that days are kept in. */
export function sqlDailyActivity(
  db: Kysely<Database>,
): Pick<SpendReports, 'dailyActivity' | 'sumActivity' | 'topActivity'> {
  return {
    dailyActivity: (query, page) => readPage(db, query, page),
    sumActivity: (query, sums) => sumParts(db, query, sums),
    topActivity: (query, most) => readTop(db, query, most),
  }
}

async function readPage(
  db: Kysely<Database>,
  query: ActivityQuery,
  { page, size }: Pick<Page, 'page' | 'size'>,
): Promise<PageOf<ActivityPart>> {
  const conditions = where(daysOf(query))
  const offset = (page - 1) * size
  const counted = await sql<{ total: bigint }>`select count(*) as total from ${DAYS} ${conditions}`.execute(db)
  const total = Number(counted.rows[0]?.total ?? 0n)
  if (total <= offset) return { rows: [], total }
  const rows = await readParts(
    db,
    query.by,
    sql`select ${columnsOf(traitsBy(query.by))}, ${AMOUNTS}
    from (
      select l.row_id as page_id from ${DAYS} ${conditions} order by l.day desc, l.row_id limit ${size} offset ${offset}
    ) page join ${DAYS} on l.row_id = page.page_id ${JOINS}
    order by l.day desc, l.row_id`,
  )
  return { rows, total }
}

async function sumParts(
  db: Kysely<Database>,
  query: ActivityQuery,
  { apart, most }: ActivitySums,
): Promise<readonly ActivityPart[]> {
  const traits = traitsBy(query.by)
  const kept = sql.join(apart.map((trait) => traits[trait]))
  const any = (trait: ActivityTrait): RawBuilder<unknown> =>
    apart.includes(trait) ? traits[trait] : sql`max(${traits[trait]})`
  return readParts(
    db,
    query.by,
    sql`select ${columnsOf(eachTrait(any))}, ${SUMS} from ${DAYS} ${JOINS} ${where(daysOf(query))}
    group by ${kept} order by sum(l.amount_pico) desc, ${kept} ${most === undefined ? sql`` : sql`limit ${most}`}`,
  )
}

interface TopRow extends PartRow {
  readonly is_of_other_keys: boolean
  readonly key_count: number
  readonly entity_count: number
}

async function readTop(db: Kysely<Database>, query: ActivityQuery, most: number): Promise<TopActivity> {
  const isTopKey = sql`top_key.name is not null`
  const apart: Traits = {
    day: sql`l.day`,
    key: sql`case when ${isTopKey} then l.key end`,
    teamId: sql`case when ${isTopKey} then l.team_id end`,
    entities: sql`top_entity.name`,
    model: sql`l.model`,
    modelGroup: sql`l.model_group`,
    provider: sql`l.provider`,
    callType: sql`l.call_type`,
  }
  const kept = sql.join(Object.values(apart))
  const rows = await readAsText<TopRow>(
    db,
    sql`with each as materialized (
      select ${columnsOf(traitsBy(query.by))}, l.key_alias, l.amount_pico, l.prompt_tokens, l.completion_tokens,
        l.cached_input_tokens, l.cache_write_input_tokens, l.successes, l.failures
      from ${DAYS} ${JOINS} ${where(daysOf(query))}
    ), top_key as (
      select coalesce(key, '') as name, count(*) over () as count from each
      group by 1 order by sum(amount_pico) desc, 1 limit ${most}
    ), top_entity as (
      select entity as name, count(*) over () as count from each where entity is not null
      group by 1 order by sum(amount_pico) desc, 1 limit ${most}
    )
    select ${columnsOf(apart)}, ${SUMS}, not (${isTopKey}) as is_of_other_keys,
      (select count from top_key limit 1) as key_count, coalesce((select count from top_entity limit 1), 0) as entity_count
    from each l
    left join top_key on top_key.name = coalesce(l.key, '')
    left join top_entity on top_entity.name = l.entity
    group by ${isTopKey}, ${kept} order by l.day desc, ${isTopKey} desc, ${kept}`,
  )
  const parts = rows.map((row) =>
    row.is_of_other_keys ? { ...partOf(row, query.by), isOfOtherKeys: true as const } : partOf(row, query.by),
  )
  return { parts, keys: rows[0]?.key_count ?? 0, entities: rows[0]?.entity_count ?? 0 }
}

function eachTrait(value: (trait: ActivityTrait) => RawBuilder<unknown>): Traits {
  return {
    day: value('day'),
    key: value('key'),
    teamId: value('teamId'),
    entities: value('entities'),
    model: value('model'),
    modelGroup: value('modelGroup'),
    provider: value('provider'),
    callType: value('callType'),
  }
}
