import { type RawBuilder, sql } from 'kysely'
import type { KeyDigest } from '../../../domain/ids.ts'
import { storableText } from '../../../domain/storable-text.ts'
import type { VirtualKey } from '../../../domain/virtual-key.ts'
import type { KeyRows } from '../../../ports/registry.ts'
import { timestampText } from '../column-types.ts'
import { readAsText } from '../rows-as-text.ts'
import { listAliases } from './key-aliases.ts'
import { keyKind } from './key-kind.ts'
import type { KeyColumns } from './key-kind.ts'
import { listDeletedKeys, listKeys } from './key-lists.ts'
import { lock, type Place, sqlRows } from './sql-rows.ts'

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

    list: (query) => listKeys(db, query),
    listDeleted: (query) => listDeletedKeys(db, query),

    async forgive(digest, amount) {
      touched.add('virtual_key', digest)
      await sql`
        insert into latchkey.spend_total (kind, id, total_pico, forgiven_pico) values ('key', ${digest}, 0, ${amount.toString()})
        on conflict (kind, id) do update set forgiven_pico = spend_total.forgiven_pico + excluded.forgiven_pico`.execute(
        db,
      )
      await sql`update latchkey.key_spend set spent_pico = spent_pico - ${amount.toString()}::numeric
        where digest = ${digest}`.execute(db)
    },

    async labels(digests) {
      const found = await readAsText<Pick<KeyColumns, 'digest' | 'display_name' | 'alias' | 'team_id'>>(
        db,
        sql`select digest, display_name, alias, team_id from latchkey.virtual_key where digest = any(${digests}::text[])`,
      )
      return new Map(
        found.map((row) => [
          row.digest,
          { displayName: row.display_name, alias: row.alias ?? undefined, teamId: row.team_id ?? undefined },
        ]),
      )
    },

    listAliases: (query) => listAliases(db, query),
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
