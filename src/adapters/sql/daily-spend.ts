import { type Kysely, type RawBuilder, sql } from 'kysely'
import { epochMs } from '../../domain/ids.ts'
import type { KeyDigest } from '../../domain/ids.ts'
import type { CallType } from '../../domain/ledger-entry.ts'
import { picoUsd } from '../../domain/money.ts'
import type { ActivityPart, ActivityQuery, ActivityTrait, EntityKind } from '../../ports/spend-reports.ts'
import { dayText } from './column-types.ts'
import type { Database } from './database.ts'
import { isModel, linesInScope, namesOne, naming, ofKey, payerName } from './ledger-conditions.ts'
import { readAsText } from './rows-as-text.ts'

/** Rows of days name everything as lines do, and go by the same letter. */
export const DAYS = sql`latchkey.daily_spend l`

/** Joined, because the functions would look for each row by itself. */
export const JOINS = sql`
  left join latchkey.retired_key_digest earlier on earlier.digest = l.key_digest
  left join latchkey.former_user former on former.user_id = l.user_id`

const TAGS = sql`l.tags::json`

const ENTITIES: Readonly<Record<EntityKind, RawBuilder<unknown>>> = {
  user: sql`coalesce(former.survivor_id, l.user_id)`,
  team: sql`l.team_id`,
  organization: sql`l.organization_id`,
  end_user: sql`l.end_user_id`,
  tag: sql`l.tags`,
}

/** Of a row as it is, and of several together. */
export const AMOUNTS = sql`l.key_alias, l.amount_pico::text as spend, l.prompt_tokens as prompt,
  l.completion_tokens as completion, l.cached_input_tokens as cache_read, l.cache_write_input_tokens as cache_write,
  l.successes, l.failures`
export const SUMS = sql`sum(l.amount_pico)::text as spend, sum(l.prompt_tokens) as prompt,
  sum(l.completion_tokens) as completion, sum(l.cached_input_tokens) as cache_read,
  sum(l.cache_write_input_tokens) as cache_write, sum(l.successes) as successes, sum(l.failures) as failures`

export type Traits = Readonly<Record<ActivityTrait, RawBuilder<unknown>>>

/** What rows are told apart by, under the names of today. */
export function traitsBy(kind: EntityKind): Traits {
  return {
    day: sql`l.day`,
    key: sql`coalesce(earlier.successor, ${payerName})`,
    teamId: sql`l.team_id`,
    entities: ENTITIES[kind],
    model: sql`l.upstream_model`,
    modelGroup: sql`l.model_group`,
    provider: sql`l.provider`,
    callType: sql`l.call_type`,
  }
}

export const NOTHING = sql`null`
export const KEY_ALIAS = sql`max(l.key_alias)`

/** The columns that a part is read from. */
export function columnsOf(traits: Traits): RawBuilder<unknown> {
  return sql`${traits.day} as day, ${traits.key} as key, ${traits.teamId} as team_id, ${traits.entities} as entity,
    ${traits.model} as model, ${traits.modelGroup} as model_group, ${traits.provider} as provider,
    ${traits.callType} as call_type`
}

export function onlyThose(traits: Traits, those: ReadonlySet<ActivityTrait>): Traits {
  const told = (trait: ActivityTrait): RawBuilder<unknown> => (those.has(trait) ? traits[trait] : NOTHING)
  return {
    day: told('day'),
    key: told('key'),
    teamId: told('teamId'),
    entities: told('entities'),
    model: told('model'),
    modelGroup: told('modelGroup'),
    provider: told('provider'),
    callType: told('callType'),
  }
}

/** The rows that a query is about. */
export function daysOf(query: ActivityQuery): RawBuilder<unknown>[] {
  const { scope, by, only, except, key } = query
  const isNamed = [by, ...Object.keys(only)].some((kind) => kind === 'end_user' || kind === 'tag')
  return [
    isNamed ? sql`l.is_named` : sql`not l.is_named`,
    ...daysWithin(query),
    ...linesInScope(scope),
    ...naming(only, TAGS),
    ...(except.length === 0 ? [] : [sql`(${namesOne(by, except, TAGS)}) is not true`]),
    ...(key === undefined ? [] : [ofKey(key)]),
    ...(by === 'user' ? [] : [sql`${ENTITIES[by]} is not null`]),
  ]
}

/** Those of a range, and of a model where one is named. */
export function daysWithin({
  model,
  from,
  until,
}: Pick<ActivityQuery, 'model' | 'from' | 'until'>): RawBuilder<unknown>[] {
  return [
    sql`l.day >= ${dayText(from)}::date`,
    sql`l.day <= ${dayText(epochMs(until - 1))}::date`,
    ...(model === undefined ? [] : [isModel(model)]),
  ]
}

export interface PartRow {
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

export async function readParts(
  db: Kysely<Database>,
  by: EntityKind,
  query: RawBuilder<unknown>,
): Promise<readonly ActivityPart[]> {
  const rows = await readAsText<PartRow>(db, query)
  return rows.map((row) => partOf(row, by))
}

export function partOf(row: PartRow, by: EntityKind): ActivityPart {
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
