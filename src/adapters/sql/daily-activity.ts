import { type Kysely, type RawBuilder, sql } from 'kysely'
import { epochMs } from '../../domain/ids.ts'
import type { EpochMs, KeyDigest } from '../../domain/ids.ts'
import type { CallType } from '../../domain/ledger-entry.ts'
import { picoUsd } from '../../domain/money.ts'
import type { ActivityPart, DailyActivity, DailyActivityQuery, EntityKind } from '../../ports/spend-reports.ts'
import type { Database } from './database.ts'
import {
  MAY_HAVE_TAGS,
  between,
  entityColumn,
  isModel,
  linesInScope,
  naming,
  notNaming,
  ofKey,
  payerName,
} from './ledger-conditions.ts'
import { readAsText } from './rows-as-text.ts'
import { where } from './rows/sql-rows.ts'

const DAY = sql`to_char(l.at at time zone 'UTC', 'YYYY-MM-DD')`
const DAY_MS = 86_400_000

/** Sums of the lines of the asked days, by the indexes on who they name and when. */
export async function readDailyActivity(db: Kysely<Database>, query: DailyActivityQuery): Promise<DailyActivity> {
  const conditions = [...conditionsOf(query), ...between(query.from, query.until)]
  if (query.days === 'all') {
    const parts = await sumLines(db, query.by, conditions)
    return { parts, totalDays: new Set(parts.map(({ day }) => day)).size }
  }
  const { page, size } = query.days
  const { rows } = await sql<{ day: string; total: bigint }>`
    select day, count(*) over () as total
    from (select distinct ${DAY} as day from latchkey.ledger_entry l ${where(conditions)}) days
    order by day desc limit ${size} offset ${(page - 1) * size}`.execute(db)
  const [newest, oldest] = [rows[0], rows.at(-1)]
  if (newest === undefined || oldest === undefined) {
    return { parts: [], totalDays: page === 1 ? 0 : await countDays(db, conditions) }
  }
  const narrowed = between(startOf(oldest.day), epochMs(startOf(newest.day) + DAY_MS))
  return {
    parts: await sumLines(db, query.by, [...conditionsOf(query), ...narrowed]),
    totalDays: Number(newest.total),
  }
}

async function countDays(db: Kysely<Database>, conditions: readonly RawBuilder<unknown>[]): Promise<number> {
  const { rows } = await sql<{ total: bigint }>`
    select count(distinct ${DAY}) as total from latchkey.ledger_entry l ${where(conditions)}`.execute(db)
  return Number(rows[0]?.total ?? 0n)
}

function conditionsOf({ scope, by, only, except, key, model }: DailyActivityQuery): RawBuilder<unknown>[] {
  return [
    ...linesInScope(scope),
    ...naming(only),
    ...notNaming(except),
    ...(key === undefined ? [] : [ofKey(key)]),
    ...(model === undefined ? [] : [isModel(model)]),
    ...namesAny(by),
  ]
}

function namesAny(kind: EntityKind): RawBuilder<unknown>[] {
  if (kind === 'user') return []
  return kind === 'tag'
    ? [sql`(${MAY_HAVE_TAGS} and ${entityColumn(kind)} is not null)`]
    : [sql`${entityColumn(kind)} is not null`]
}

interface SumRow {
  readonly day: string
  readonly key: KeyDigest | null
  readonly key_alias: string | null
  readonly team_id: string | null
  readonly entity: string | null
  readonly model: string
  readonly model_group: string
  readonly provider: string
  readonly call_type: CallType
  readonly spend: string
  readonly prompt: number
  readonly completion: number
  readonly cache_read: number
  readonly cache_write: number
  readonly successes: number
  readonly failures: number
}

async function sumLines(
  db: Kysely<Database>,
  by: EntityKind,
  conditions: readonly RawBuilder<unknown>[],
): Promise<readonly ActivityPart[]> {
  // Joined, because the function would look for each line by itself.
  const entity = by === 'user' ? sql`coalesce(former.survivor_id, l.user_id)` : entityColumn(by)
  const rows = await readAsText<SumRow>(
    db,
    sql`select ${DAY} as day, coalesce(earlier.successor, ${payerName}) as key, max(l.key_alias) as key_alias,
      l.team_id, ${entity} as entity, l.upstream_model as model, l.model_group, l.provider, l.call_type,
      sum(l.amount_pico)::text as spend, sum(l.prompt_tokens) as prompt, sum(l.completion_tokens) as completion,
      coalesce(sum(l.cached_input_tokens), 0) as cache_read, coalesce(sum(l.cache_write_input_tokens), 0) as cache_write,
      count(*) filter (where l.status = 'success') as successes, count(*) filter (where l.status = 'failure') as failures
    from latchkey.ledger_entry l
    left join latchkey.retired_key_digest earlier on earlier.digest = l.key_digest
    left join latchkey.former_user former on former.user_id = l.user_id
    ${where(conditions)}
    group by 1, 2, l.team_id, entity, l.upstream_model, l.model_group, l.provider, l.call_type
    order by day desc, 2, l.team_id, entity, l.upstream_model, l.model_group, l.provider, l.call_type`,
  )
  return rows.map((row) => partOf(row, by))
}

function partOf(row: SumRow, by: EntityKind): ActivityPart {
  return {
    day: row.day,
    key: row.key ?? undefined,
    keyAlias: row.key_alias ?? undefined,
    teamId: row.team_id ?? undefined,
    entities: entitiesOf(row.entity, by),
    model: row.model,
    modelGroup: row.model_group,
    provider: row.provider,
    callType: row.call_type,
    spend: picoUsd(BigInt(row.spend)),
    promptTokens: row.prompt,
    completionTokens: row.completion,
    cacheReadTokens: row.cache_read,
    cacheWriteTokens: row.cache_write,
    successes: row.successes,
    failures: row.failures,
  }
}

function entitiesOf(entity: string | null, by: EntityKind): readonly string[] {
  if (entity === null) return []
  if (by !== 'tag') return [entity]
  const tags: readonly string[] = JSON.parse(entity)
  return [...new Set(tags)]
}

function startOf(day: string): EpochMs {
  return epochMs(Date.parse(`${day}T00:00:00.000Z`))
}
