import { type Kysely, sql } from 'kysely'
import type { Page, PageOf } from '../../ports/page.ts'
import type {
  ActivityPart,
  ActivityQuery,
  ActivitySums,
  ActivityTrait,
  SpendReports,
  SummedPart,
  TopActivity,
} from '../../ports/spend-reports.ts'
import {
  AMOUNTS,
  DAYS,
  JOINS,
  KEY_ALIAS,
  NOTHING,
  SUMS,
  columnsOf,
  daysOf,
  daysWithin,
  onlyThose,
  partOf,
  readParts,
  traitsBy,
} from './daily-spend.ts'
import type { PartRow } from './daily-spend.ts'
import { ROW_COUNTS, TOTALS, isOfEverybody, isWhole } from './daily-totals.ts'
import type { Database } from './database.ts'
import { readLeadingKeys } from './leading-keys.ts'
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
  const count = isOfEverybody(query, [])
    ? sql`select coalesce(sum(l.row_count), 0)::bigint as total from ${ROW_COUNTS} ${where(daysWithin(query))}`
    : sql`select count(*) as total from ${DAYS} ${conditions}`
  // Side by side: counting takes as long as reading where there is no count of them.
  const [counted, rows] = await Promise.all([
    sql<{ total: bigint }>`${count}`.execute(db),
    readParts(
      db,
      query.by,
      sql`select ${columnsOf(traitsBy(query.by))}, ${AMOUNTS}
      from (
        select l.row_id as page_id from ${DAYS} ${conditions} order by l.day desc, l.row_id limit ${size} offset ${offset}
      ) page join ${DAYS} on l.row_id = page.page_id ${JOINS}
      order by l.day desc, l.row_id`,
    ),
  ])
  return { rows, total: Number(counted.rows[0]?.total ?? 0n) }
}

/** Only what parts are told apart by is looked at: of each of its rows, the rest would be compared for nothing. */
async function sumParts<Trait extends ActivityTrait>(
  db: Kysely<Database>,
  query: ActivityQuery,
  { apart, most }: ActivitySums<Trait>,
): Promise<readonly SummedPart<Trait>[]> {
  const traits = traitsBy(query.by)
  const told = new Set<ActivityTrait>(apart)
  if (most !== undefined && apart.length === 1 && told.has('key') && isWhole(query)) {
    const leading = await readLeadingKeys(db, query, most)
    if (leading !== undefined) return leading
  }
  const kept = sql.join(apart.map((trait) => traits[trait]))
  const alias = told.has('key') ? KEY_ALIAS : NOTHING
  const rows = isOfEverybody(query, apart)
    ? sql`${TOTALS} ${where(daysWithin(query))}`
    : sql`${DAYS} ${JOINS} ${where(daysOf(query))}`
  return readParts(
    db,
    query.by,
    sql`select ${columnsOf(onlyThose(traits, told))}, ${alias} as key_alias, ${SUMS} from ${rows}
    group by ${kept} order by sum(l.amount_pico) desc, ${kept} ${most === undefined ? sql`` : sql`limit ${most}`}`,
  )
}

interface TopRow extends PartRow {
  readonly is_of_other_keys: boolean
  readonly key_count: number
  readonly entity_count: number
}

async function readTop(db: Kysely<Database>, query: ActivityQuery, most: number): Promise<TopActivity> {
  const all = traitsBy(query.by)
  const { key, teamId, ...common } = { ...all, entities: sql`top_entity.name` }
  const ofKeys = { ...common, key, teamId }
  const ofOthers = { ...common, key: NOTHING, teamId: NOTHING }
  const keyName = sql`coalesce(${key}, '')`
  const rows = sql`from ${DAYS} ${JOINS}`
  const conditions = daysOf(query)
  const counts = sql`(select count(*) from each_key) as key_count, (select count(*) from each_entity) as entity_count`
  const joinEntity = sql`left join top_entity on top_entity.name = ${all.entities}`
  const read = await readAsText<TopRow>(
    db,
    sql`with each_key as materialized (
      select ${keyName} as name, sum(l.amount_pico) as spend ${rows} ${where(conditions)} group by 1
    ), each_entity as materialized (
      select ${all.entities} as name, sum(l.amount_pico) as spend
      ${rows} ${where([...conditions, sql`${all.entities} is not null`])} group by 1
    ), top_key as (
      select name from each_key order by spend desc, name limit ${most}
    ), top_entity as (
      select name from each_entity order by spend desc, name limit ${most}
    ), part as (
      select ${columnsOf(ofKeys)}, ${KEY_ALIAS} as key_alias, ${SUMS}, false as is_of_other_keys
      ${rows} join top_key on top_key.name = ${keyName} ${joinEntity} ${where(conditions)}
      group by ${sql.join(Object.values(ofKeys))}
      union all
      select ${columnsOf(ofOthers)}, null, ${SUMS}, true
      ${rows} left join top_key on top_key.name = ${keyName} ${joinEntity}
      ${where([...conditions, sql`top_key.name is null`])}
      group by ${sql.join(Object.values(common))}
    )
    select part.*, ${counts} from part
    order by day desc, is_of_other_keys, key, team_id, entity, model, model_group, provider, call_type`,
  )
  const parts = read.map((row) =>
    row.is_of_other_keys ? { ...partOf(row, query.by), isOfOtherKeys: true as const } : partOf(row, query.by),
  )
  return { parts, keys: read[0]?.key_count ?? 0, entities: read[0]?.entity_count ?? 0 }
}
