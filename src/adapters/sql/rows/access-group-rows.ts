import { sql } from 'kysely'
import type { KeyDigest, TeamId } from '../../../domain/ids.ts'
import type { AccessGroupRows, GroupHolders } from '../../../ports/registry.ts'
import { accessGroupKind } from './access-group-kind.ts'
import { byBytes } from './page-sql.ts'
import { type Place, sqlRows } from './sql-rows.ts'

type Holder =
  | { readonly kind: 'team'; readonly id: TeamId; readonly group_id: string }
  | { readonly kind: 'key'; readonly id: KeyDigest; readonly group_id: string }

export function sqlAccessGroupRows(place: Place): AccessGroupRows {
  const { db } = place
  return {
    ...sqlRows(accessGroupKind, place),

    async list() {
      const { rows } = await sql<Parameters<typeof accessGroupKind.read>[0]>`
        select o.* from latchkey.access_group o order by ${byBytes('o.access_group_id')}`.execute(db)
      return rows.map(accessGroupKind.read)
    },

    async holders(ids) {
      if (ids.length === 0) return new Map()
      const { rows } = await sql<Holder>`
        select 'team' as kind, t.team_id as id, g.group_id
        from latchkey.team t cross join unnest(t.access_group_ids) as g (group_id)
        where t.access_group_ids && ${ids}::text[] and g.group_id = any(${ids}::text[])
        union all
        select 'key', k.digest, g.group_id
        from latchkey.virtual_key k cross join unnest(k.access_group_ids) as g (group_id)
        where k.access_group_ids && ${ids}::text[] and g.group_id = any(${ids}::text[])
        order by 1, 2`.execute(db)
      return new Map(ids.map((id) => [id, holdersAmong(rows.filter((row) => row.group_id === id))]))
    },
  }
}

function holdersAmong(rows: readonly Holder[]): GroupHolders {
  return {
    teams: rows.flatMap((row) => (row.kind === 'team' ? [row.id] : [])),
    keys: rows.flatMap((row) => (row.kind === 'key' ? [row.id] : [])),
  }
}
