import { type RawBuilder, sql } from 'kysely'
import type { EpochMs, KeyDigest } from '../../../domain/ids.ts'
import { storableText } from '../../../domain/storable-text.ts'
import type { VirtualKey } from '../../../domain/virtual-key.ts'
import type { KeyQuery, KeyRows } from '../../../ports/registry.ts'
import { timestampText } from '../column-types.ts'
import { keyKind } from './key-kind.ts'
import type { KeyColumns } from './key-kind.ts'
import { byBytes, contains, pageOf } from './page-sql.ts'
import type { Sort } from './page-sql.ts'
import { keysInScope } from './scope-sql.ts'
import { lock, type Place, sqlRows, where } from './sql-rows.ts'

/** Hexadecimal digits, which every collation orders alike, so that the primary key serves. */
const DIGEST = sql`k.digest`

const SORTS: Readonly<Record<KeyQuery['sort'], Sort>> = {
  created_at: { by: sql`k.created_at` },
  updated_at: { by: sql`k.updated_at` },
  token: { by: DIGEST },
  key_alias: { by: byBytes('k.alias'), isNullable: true },
  max_budget: { by: sql`k.max_budget_pico`, isNullable: true },
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
    '{"access_group_ids": [], "allowed_passthrough_routes": [], "inert": {}, "model_limits": {}, "needs_membership": false}'::jsonb || d.snapshot) r) k`

export function sqlKeyRows(place: Place): KeyRows {
  const { db, touched } = place
  const rows = sqlRows(keyKind, place)

  async function select(condition: RawBuilder<unknown>): Promise<readonly VirtualKey[]> {
    const found = await sql<KeyColumns>`
      select * from latchkey.virtual_key where ${condition} order by digest ${lock(place)}`.execute(db)
    return found.rows.map(keyKind.read)
  }

  return {
    ...rows,

    async insert(key) {
      await lockDigests([key.digest])
      return (await isTaken(key.digest)) ? 'taken' : rows.insert(key)
    },

    findByAlias: async (alias) => (await select(sql`alias = ${storableText(alias)}`))[0],
    findBySecretOfBefore: async (digest, now) =>
      (
        await select(sql`digest in (
          select successor from latchkey.retired_key_digest
          where digest = ${digest} and grace_ends_at > ${timestampText(now)}::timestamptz)`)
      )[0],
    ofUser: (id, team) =>
      select(team === undefined ? sql`user_id = ${id}` : sql`user_id = ${id} and team_id = ${team}`),
    ofTeam: (id) => select(sql`team_id = ${id}`),
    async ofTeams(ids) {
      const found = await sql<KeyColumns>`
        select * from latchkey.virtual_key where team_id = any(${ids}::text[])
        order by created_at desc, digest`.execute(db)
      return found.rows.map(keyKind.read)
    },
    ofOrganization: (id) => select(sql`organization_id = ${id}`),

    async rotate(from, to, graceEndsAt) {
      await lockDigests([from, to.digest])
      if (await isTaken(to.digest)) return 'taken'
      touched.add('virtual_key', from)
      touched.add('virtual_key', to.digest)
      const columns = Object.entries(keyKind.write(to))
      await sql`
        update latchkey.virtual_key
        set ${sql.join(columns.map(([name, value]) => sql`${sql.ref(name)} = ${value}`))}
        where digest = ${from}`.execute(db)
      await sql`update latchkey.retired_key_digest set successor = ${to.digest}, grace_ends_at = null
        where successor = ${from}`.execute(db)
      await sql`insert into latchkey.retired_key_digest (digest, successor, grace_ends_at)
        values (${from}, ${to.digest}, ${graceEndsAt === undefined ? null : timestampText(graceEndsAt)})`.execute(db)
      return 'rotated'
    },

    async archive(digests, by) {
      await sql`insert into latchkey.deleted_key (digest, snapshot, deleted_at, deleted_by)
        select digest, to_jsonb(k), now(), ${storableText(by)}
        from latchkey.virtual_key k where digest = any(${digests}::text[])`.execute(db)
      return rows.delete(digests)
    },

    list: (query) =>
      pageOf(db, {
        from: sql`latchkey.virtual_key k`,
        alias: 'k',
        id: 'digest',
        conditions: conditionsOf(query),
        isSearch: query.aliasPart !== undefined,
        sort: SORTS[query.sort],
        tie: DIGEST,
        page: query,
        read: keyKind.read,
      }),

    listDeleted: (query) =>
      pageOf(db, {
        from: DELETED_KEYS,
        alias: 'k',
        conditions: conditionsOf(query),
        sort: SORTS[query.sort],
        tie: DIGEST,
        page: query,
        read: (row: DeletedColumns) => ({
          key: keyKind.read(row),
          deletedAt: row.deleted_at,
          deletedBy: row.deleted_by,
        }),
      }),

    async forgive(digest, amount) {
      touched.add('virtual_key', digest)
      await sql`
        insert into latchkey.spend_total (kind, id, total_pico, forgiven_pico) values ('key', ${digest}, 0, ${amount.toString()})
        on conflict (kind, id) do update set forgiven_pico = spend_total.forgiven_pico + excluded.forgiven_pico`.execute(
        db,
      )
    },

    async listAliases(scope) {
      const found = await sql<{ alias: string }>`
        select k.alias from latchkey.virtual_key k ${where([sql`k.alias is not null`, ...keysInScope(scope)])}
        order by k.alias collate "C" asc nulls first`.execute(db)
      return found.rows.map(({ alias }) => alias)
    },
  }

  /**
   * A digest lives in two tables, so no single constraint keeps it unique. Writers of the same digest take turns instead,
   * in one order for all, so that two of them can't wait for each other.
   */
  async function lockDigests(digests: readonly KeyDigest[]): Promise<void> {
    for (const digest of digests.toSorted()) {
      await sql`select pg_advisory_xact_lock(hashtextextended(${digest}, 0))`.execute(db)
    }
  }

  async function isTaken(digest: KeyDigest): Promise<boolean> {
    const { rows: holders } = await sql`
      select 1 from latchkey.virtual_key where digest = ${digest}
      union all select 1 from latchkey.retired_key_digest where digest = ${digest}`.execute(db)
    return holders.length > 0
  }
}

function conditionsOf(query: KeyQuery): RawBuilder<unknown>[] {
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
  if (aliasPart !== undefined) conditions.push(contains('k.alias', storableText(aliasPart)))
  return conditions
}
