import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { EpochMs } from '../../../domain/ids.ts'
import { storableText } from '../../../domain/storable-text.ts'
import type { VirtualKey } from '../../../domain/virtual-key.ts'
import type { PageOf } from '../../../ports/page.ts'
import type { DeletedKey, KeyQuery } from '../../../ports/registry.ts'
import type { Database } from '../database.ts'
import { keyKind } from './key-kind.ts'
import type { KeyColumns } from './key-kind.ts'
import { keysBySpend } from './keys-by-spend.ts'
import { byBytes, pageOf } from './page-sql.ts'
import type { Sort } from './page-sql.ts'
import { keysInScope } from './scope-sql.ts'

/** Hexadecimal digits, which every collation orders alike, so that the primary key serves. */
const DIGEST = sql`k.digest`

const COLUMNS = {
  created_at: { by: sql`k.created_at` },
  updated_at: { by: sql`k.updated_at` },
  token: { by: DIGEST },
  key_alias: { by: byBytes('k.alias'), isNullable: true },
  max_budget: { by: sql`k.max_budget_pico`, isNullable: true },
} as const

type Sorts = Readonly<Record<KeyQuery['sort'], Sort>>

const SORTS: Sorts = {
  ...COLUMNS,
  spend: {
    by: sql`spend.spent_pico`,
    join: sql`join latchkey.key_spend spend on spend.digest = k.digest`,
  },
}

const DELETED_SORTS: Sorts = {
  ...COLUMNS,
  spend: {
    by: sql`coalesce(spend.total_pico - spend.forgiven_pico, 0) + coalesce(earlier.spent_pico, 0)`,
    join: sql`
      left join latchkey.spend_total spend on spend.kind = 'key' and spend.id = k.digest
      left join (
        select retired.successor, sum(part.total_pico - part.forgiven_pico) as spent_pico
        from latchkey.retired_key_digest retired
        join latchkey.spend_total part on part.kind = 'key' and part.id = retired.digest group by retired.successor
      ) earlier on earlier.successor = k.digest`,
  },
}

interface DeletedColumns extends KeyColumns {
  readonly deleted_at: EpochMs
  readonly deleted_by: string
}

/** Rows of before a column existed have its default. */
const DELETED_KEYS = sql`(
  select r.*, d.deleted_at, d.deleted_by from latchkey.deleted_key d, jsonb_populate_record(null::latchkey.virtual_key,
    '{"access_group_ids": [], "allowed_passthrough_routes": [], "inert": {}, "model_limits": {}, "needs_membership": false, "roleless": false}'::jsonb || d.snapshot) r) k`

export async function listKeys(db: Kysely<Database>, query: KeyQuery): Promise<PageOf<VirtualKey>> {
  const conditions = conditionsOf(query, sql`k.alias_folded`)
  if (query.sort === 'spend' && conditions.length === 0) return keysBySpend(db, query)
  return pageOf(db, {
    from: sql`latchkey.virtual_key k`,
    alias: 'k',
    id: 'digest',
    conditions,
    isSearch: query.aliasPart !== undefined,
    sort: SORTS[query.sort],
    tie: DIGEST,
    page: query,
    read: keyKind.read,
  })
}

export function listDeletedKeys(db: Kysely<Database>, query: KeyQuery): Promise<PageOf<DeletedKey>> {
  return pageOf(db, {
    from: DELETED_KEYS,
    alias: 'k',
    conditions: conditionsOf(query, sql`lower(k.alias)`),
    sort: DELETED_SORTS[query.sort],
    tie: DIGEST,
    page: query,
    read: (row: DeletedColumns) => ({
      key: keyKind.read(row),
      deletedAt: row.deleted_at,
      deletedBy: row.deleted_by,
    }),
  })
}

function conditionsOf(query: KeyQuery, foldedAlias: RawBuilder<unknown>): RawBuilder<unknown>[] {
  const { scope, userId, orTeams = [], orCreatedBy, teamId, organizationId, digest, aliasPart } = query
  const conditions = keysInScope(scope)
  if (userId !== undefined) {
    const ways = [sql`k.user_id = ${userId}`, sql`k.team_id = any(${orTeams}::text[])`]
    if (orCreatedBy !== undefined) ways.push(sql`k.created_by = ${orCreatedBy}`)
    conditions.push(sql`(${sql.join(ways, sql` or `)})`)
  }
  if (teamId !== undefined) conditions.push(sql`k.team_id = ${teamId}`)
  if (organizationId !== undefined) {
    conditions.push(sql`(k.organization_id = ${organizationId} or k.team_id = any(array(
      select t.team_id from latchkey.team t where t.organization_id = ${organizationId})))`)
  }
  if (digest !== undefined) conditions.push(sql`k.digest = ${digest}`)
  if (aliasPart !== undefined) conditions.push(sql`strpos(${foldedAlias}, lower(${storableText(aliasPart)})) > 0`)
  return conditions
}
