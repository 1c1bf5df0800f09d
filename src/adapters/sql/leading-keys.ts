import { type Kysely, sql } from 'kysely'
import type { ActivityPart, ActivityQuery } from '../../ports/spend-reports.ts'
import { JOINS, KEY_ALIAS, SUMS, columnsOf, daysOf, onlyThose, partOf, traitsBy } from './daily-spend.ts'
import type { PartRow } from './daily-spend.ts'
import type { Database } from './database.ts'
import { readAsText } from './rows-as-text.ts'
import { where } from './rows/sql-rows.ts'

const LEADERS = 1_000

interface LeadingRow extends PartRow {
  /** The most that any key can have spent that was not looked at. Null: all were. */
  readonly rest: string | null
}

/**
 * The keys on which most was spent. What a key spent in all bounds what it spent in a part of the time: where the last of
 * the answer has more than the first of those that were not looked at has in all, nobody else belongs to it. Undefined: it
 * has not, and the days of all keys must be summed.
 */
export async function readLeadingKeys(
  db: Kysely<Database>,
  query: ActivityQuery,
  most: number,
  leaders = LEADERS,
): Promise<readonly ActivityPart[] | undefined> {
  const traits = traitsBy(query.by)
  const seen = sql`limit ${leaders + 1}`
  const rows = await readAsText<LeadingRow>(
    db,
    sql`with ahead as materialized (
      select id as digest, total_pico from latchkey.spend_total where kind = 'key' order by total_pico desc ${seen}
    ), leader as materialized (
      select digest, total_pico from (${ROTATED} union all ${AHEAD_AND_NEVER_ROTATED}) known
      order by total_pico desc ${seen}
    )
    select ${columnsOf(onlyThose(traits, new Set(['key'])))}, ${KEY_ALIAS} as key_alias, ${SUMS}, greatest(
      (select min(total_pico) from ahead having count(*) > ${leaders}),
      (select min(total_pico) from leader having count(*) > ${leaders}))::text as rest
    from ${DAYS_OF_LEADERS} ${JOINS} ${where(daysOf(query))}
    group by ${traits.key} order by sum(l.amount_pico) desc, ${traits.key} limit ${most}`,
  )
  return isSettled(rows, most) ? rows.map((row) => partOf(row, query.by)) : undefined
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
