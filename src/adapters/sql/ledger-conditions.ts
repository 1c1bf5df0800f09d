import { type RawBuilder, sql } from 'kysely'
import type { EpochMs, KeyDigest, UserId } from '../../domain/ids.ts'
import { TOKEN_ALIAS } from '../../domain/principal.ts'
import { storableText } from '../../domain/storable-text.ts'
import type { Scope } from '../../ports/registry.ts'
import type { EntityFilter, EntityKind } from '../../ports/spend-reports.ts'
import { timestampText } from './column-types.ts'

/** What of `ledger_entry l` a scope sees. */
export function linesInScope(scope: Scope): RawBuilder<unknown>[] {
  if (scope.sees === 'all') return []
  const { organizations, teams, userId, keyDigest } = scope
  const ways = [
    ...(userId === undefined ? [] : [ofUsers([userId])]),
    ...(keyDigest === undefined ? [] : [ofKey(keyDigest)]),
    ...(teams.length === 0 ? [] : [sql`l.team_id = any(${teams}::text[])`]),
    ...(organizations.length === 0 ? [] : [sql`l.organization_id = any(${organizations}::text[])`]),
  ]
  return [ways.length === 0 ? sql`false` : sql`(${sql.join(ways, sql` or `)})`]
}

/** The digest of the key, the alias that stands for tokens, or null for the master key. */
export const payerName = sql<
  string | null
>`coalesce(l.key_digest, case l.payer_kind when 'token' then ${sql.lit(TOKEN_ALIAS)} end)`

/** Lines of earlier digests, before rotations, are the key's lines too. */
export function ofKey(digest: KeyDigest): RawBuilder<unknown> {
  return sql`l.key_digest = any(array(
    select ${digest}::text union all
    select earlier.digest from latchkey.retired_key_digest earlier where earlier.successor = ${digest}))`
}

/** Lines of duplicates that were merged into somebody are that one's too. */
export function ofUsers(ids: readonly string[]): RawBuilder<unknown> {
  return sql`l.user_id = any(array(
    select unnest(${ids}::text[]) union all
    select former.user_id from latchkey.former_user former where former.survivor_id = any(${ids}::text[])))`
}

/** Whose line it is, whatever id it was written under. As `canonical_user_id` says it, which would be called for each row. */
export const lineUser = sql<UserId | null>`coalesce(
  (select former.survivor_id from latchkey.former_user former where former.user_id = l.user_id), l.user_id)`

/** By its public name or its upstream's. */
export function isModel(model: string): RawBuilder<unknown> {
  const name = storableText(model)
  return sql`(l.model_group = ${name} or l.upstream_model = ${name})`
}

/** Days and bounds go by when a call began. */
export function between(from: EpochMs, until: EpochMs): RawBuilder<unknown>[] {
  return [sql`l.at >= ${timestampText(from)}::timestamptz`, sql`l.at < ${timestampText(until)}::timestamptz`]
}

const COLUMNS: Readonly<Record<'team' | 'organization' | 'end_user', RawBuilder<unknown>>> = {
  team: sql`l.team_id`,
  organization: sql`l.organization_id`,
  end_user: sql`l.end_user_id`,
}

const KINDS = ['user', 'team', 'organization', 'end_user', 'tag'] as const

/** A list of tags, or null. A line that has none has no such member; one that only seems to is sorted out by reading. */
const TAGS_OF_LINE = sql`case when strpos(l.detail, '"tags":') > 0 then l.detail::json -> 'tags' end`

/** `tags`: where a JSON list of them is. */
export function naming(only: EntityFilter, tags: RawBuilder<unknown> = TAGS_OF_LINE): RawBuilder<unknown>[] {
  return KINDS.flatMap((kind) => {
    const ids = only[kind]
    return ids === undefined ? [] : [namesOne(kind, ids, tags)]
  })
}

export function namesOne(kind: EntityKind, ids: readonly string[], tags: RawBuilder<unknown>): RawBuilder<unknown> {
  const storable = ids.map(storableText)
  if (kind === 'user') return ofUsers(storable)
  if (kind === 'tag')
    return sql`exists (
      select 1 from json_array_elements_text(${tags}) as tag where tag = any(${storable}::text[]))`
  // Of one alone, an index that begins with it has the lines in order.
  return storable.length === 1
    ? sql`${COLUMNS[kind]} = ${storable[0]}`
    : sql`${COLUMNS[kind]} = any(${storable}::text[])`
}
