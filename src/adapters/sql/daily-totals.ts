import { type RawBuilder, sql } from 'kysely'
import { type EpochMs, epochMs } from '../../domain/ids.ts'
import type { ActivityQuery, ActivityTrait, LineQuery } from '../../ports/spend-reports.ts'
import { dayText } from './column-types.ts'
import { between, isModel } from './ledger-conditions.ts'
import { where } from './rows/sql-rows.ts'

/** What everybody spent. Its rows name what they hold as lines do, and go by the same letter. */
export const TOTALS = sql`latchkey.daily_total l`

/** How many rows the days have that are everybody's. */
export const ROW_COUNTS = sql`latchkey.daily_row_count l`

const TRAITS: ReadonlySet<ActivityTrait> = new Set<ActivityTrait>([
  'day',
  'model',
  'modelGroup',
  'provider',
  'callType',
])

/** Whether it is about everything that happened in its days. */
export function isWhole({ scope, by, only, except, key }: ActivityQuery): boolean {
  const isUnfiltered = Object.keys(only).length === 0 && except.length === 0 && key === undefined
  return scope.sees === 'all' && by === 'user' && isUnfiltered
}

/** Whether the rows of what everybody spent say it all. */
export function isOfEverybody(query: ActivityQuery, apart: readonly ActivityTrait[]): boolean {
  return isWhole(query) && apart.every((trait) => TRAITS.has(trait))
}

const DAY_MS = 86_400_000

const COUNTED = {
  success: sql`l.successes`,
  failure: sql`l.failures`,
} as const

/** Filters that say of a day's total whether it counts. */
const BY_TOTALS: ReadonlySet<string> = new Set([
  'scope',
  'from',
  'until',
  'sort',
  'order',
  'page',
  'size',
  'only',
  'status',
  'model',
])

/**
 * The number of lines between two moments, from the totals of whole days and the lines of the hours before and after
 * them. Undefined: the totals don't tell, because the query is about some lines only.
 */
export function countByTotals(query: LineQuery): RawBuilder<unknown> | undefined {
  const { scope, only, from, until, status, model } = query
  const isWhole = scope.sees === 'all' && Object.keys(only).length === 0
  if (!isWhole || Object.keys(query).some((name) => !BY_TOTALS.has(name))) return undefined
  const first = epochMs(Math.ceil(from / DAY_MS) * DAY_MS)
  const end = epochMs(Math.floor(until / DAY_MS) * DAY_MS)
  if (end <= first) return undefined
  const ofModel = model === undefined ? [] : [isModel(model)]
  const ofLine = [...ofModel, ...(status === undefined ? [] : [sql`l.status = ${status}`])]
  const lines = (one: EpochMs, other: EpochMs): RawBuilder<unknown> =>
    sql`(select count(*) from latchkey.ledger_entry l ${where([...between(one, other), ...ofLine])})`
  const days = where([sql`l.day >= ${dayText(first)}::date`, sql`l.day < ${dayText(end)}::date`, ...ofModel])
  const counted = status === undefined ? sql`l.successes + l.failures` : COUNTED[status]
  return sql`select (select coalesce(sum(${counted}), 0)::bigint from ${TOTALS} ${days})
    + ${lines(from, first)} + ${lines(end, until)} as total`
}
