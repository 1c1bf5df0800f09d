import { type Kysely, sql } from 'kysely'
import type { ActivityPart, ActivityQuery } from '../../ports/spend-reports.ts'
import { JOINS, KEY_ALIAS, SUMS, columnsOf, daysOf, onlyThose, partOf, traitsBy } from './daily-spend.ts'
import type { PartRow } from './daily-spend.ts'
import type { Database } from './database.ts'
import { readAsText } from './rows-as-text.ts'
import { where } from './rows/sql-rows.ts'

/** How many keys are looked at, and how many when it is known that no others belong to the answer. */
const LEADERS = 1_000
const MOST_LEADERS = 5_000

interface LeadingRow extends PartRow {
  /** The most that any key can have spent that was not looked at. Null: all were. */
  readonly rest: string | null
}

/**
 * The keys on which most was spent. What a key spent in all bounds what it spent in a part of the time: where the last of
 * the answer has more than the first of those that were not looked at has in all, nobody else belongs to it. If it has not,
 * all that have spent as much as that one in all are looked at. Undefined: these are too many, and the days of all keys must
 * be summed.
 */
export async function readLeadingKeys(
  db: Kysely<Database>,
  query: ActivityQuery,
  most: number,
  { leaders = LEADERS, mostLeaders = MOST_LEADERS } = {},
): Promise<readonly ActivityPart[] | undefined> {
  const first = await readLeaders(db, query, most, leaders, '0')
  const settled = isSettled(first, most)
    ? first
    : await readThoseAbove(db, query, most, first.at(most - 1), mostLeaders)
  return settled?.map((row) => partOf(row, query.by))
}

/** What they spent meanwhile is no less: the answer is among them still. */
async function readThoseAbove(
  db: Kysely<Database>,
  query: ActivityQuery,
  most: number,
  last: LeadingRow | undefined,
  mostLeaders: number,
): Promise<readonly LeadingRow[] | undefined> {
  if (last === undefined || last.spend === '0') return undefined
  const rows = await readLeaders(db, query, most, mostLeaders, last.spend)
  return rows.at(0)?.rest === null ? rows : undefined
}

/** The days of those that spent most in all, as far as they spent so much. */
function readLeaders(
  db: Kysely<Database>,
  query: ActivityQuery,
  most: number,
  leaders: number,
  least: string,
): Promise<readonly LeadingRow[]> {
  const traits = traitsBy(query.by)
  const seen = sql`where total_pico >= ${least}::numeric order by total_pico desc limit ${leaders + 1}`
  return readAsText<LeadingRow>(
    db,
    sql`with total as (
      select id as digest, total_pico from latchkey.spend_total where kind = 'key'
    ), ahead as materialized (
      select digest, total_pico from total ${seen}
    ), leader as materialized (
      select digest, total_pico from (${ROTATED} union all ${AHEAD_AND_NEVER_ROTATED}) known ${seen}
    )
    select ${columnsOf(onlyThose(traits, new Set(['key'])))}, ${KEY_ALIAS} as key_alias, ${SUMS}, greatest(
      (select min(total_pico) from ahead having count(*) > ${leaders}),
      (select min(total_pico) from leader having count(*) > ${leaders}))::text as rest
    from ${DAYS_OF_LEADERS} ${JOINS} ${where(daysOf(query))}
    group by ${traits.key} order by sum(l.amount_pico) desc, ${traits.key} limit ${most}`,
  )
}

function isSettled(rows: readonly LeadingRow[], most: number): boolean {
  const last = rows.at(-1)
  if (last === undefined) return false
  if (last.rest === null) return true
  return rows.length === most && BigInt(last.spend) > BigInt(last.rest)
}

/** By the names of today, with what was spent under earlier ones. */
const ROTATED = sql`
  select successor as digest, sum(total.total_pico) as total_pico
  from (
    select successor, digest from latchkey.retired_key_digest union select successor, successor from latchkey.retired_key_digest
  ) name join latchkey.spend_total total on total.kind = 'key' and total.id = name.digest group by 1`

const AHEAD_AND_NEVER_ROTATED = sql`
  select digest, total_pico from ahead
  where not exists (select from latchkey.retired_key_digest rotated where rotated.digest = ahead.digest)
    and not exists (select from latchkey.retired_key_digest rotated where rotated.successor = ahead.digest)`

/** And of those who have no key. */
const DAYS_OF_LEADERS = sql`(
  select own.* from leader cross join lateral (
    select leader.digest union all
    select retired.digest from latchkey.retired_key_digest retired where retired.successor = leader.digest
  ) name join latchkey.daily_spend own on own.key_digest = name.digest
  union all
  select keyless.* from latchkey.daily_spend keyless where keyless.key_digest is null
) l`
