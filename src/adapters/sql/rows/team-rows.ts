import { type RawBuilder, sql } from 'kysely'
import type { EpochMs } from '../../../domain/ids.ts'
import { storableText } from '../../../domain/storable-text.ts'
import type { TeamQuery, TeamRows } from '../../../ports/registry.ts'
import { aliasedRows } from './aliased-rows.ts'
import { byBytes, bySpend, contains, pageOf } from './page-sql.ts'
import type { Sort } from './page-sql.ts'
import { teamsInScope } from './scope-sql.ts'
import { lock, type Place, sqlRows } from './sql-rows.ts'
import { teamKind } from './team-kind.ts'
import type { TeamColumns } from './team-kind.ts'

const SORTS: Readonly<Record<TeamQuery['sort'], Sort>> = {
  team_id: { by: byBytes('t.team_id') },
  team_alias: { by: byBytes('t.alias'), isNullable: true },
  created_at: { by: sql`t.created_at` },
  max_budget: { by: sql`t.max_budget_pico`, isNullable: true },
  spend: bySpend('team', sql`t.team_id`),
}

interface DeletedColumns extends TeamColumns {
  readonly deleted_at: EpochMs
  readonly deleted_by: string
}

const DELETED_TEAMS = sql`(
  select r.*, d.deleted_at, d.deleted_by
  from latchkey.deleted_team d, jsonb_populate_record(null::latchkey.team,
    '{"allowed_passthrough_routes": []}'::jsonb || d.snapshot) r) t`

export function sqlTeamRows(place: Place): TeamRows {
  const { db } = place
  const rows = aliasedRows(sqlRows(teamKind, place), teamKind, place)
  return {
    ...rows,

    async archive(ids, by) {
      await sql`insert into latchkey.deleted_team (team_id, snapshot, deleted_at, deleted_by)
        select team_id, to_jsonb(t), now(), ${storableText(by)} from latchkey.team t where team_id = any(${ids}::text[])`.execute(
        db,
      )
      return rows.delete(ids)
    },

    async wasArchived(id) {
      const found = await sql`select 1 from latchkey.deleted_team where team_id = ${id} limit 1`.execute(db)
      return found.rows.length > 0
    },

    async ofOrganization(id) {
      const found = await sql<TeamColumns>`
        select * from latchkey.team where organization_id = ${id} order by team_id ${lock(place)}`.execute(db)
      return found.rows.map(teamKind.read)
    },

    list: (query) =>
      pageOf(db, {
        from: sql`latchkey.team t`,
        alias: 't',
        id: 'team_id',
        conditions: conditionsOf(query),
        isSearch: query.aliasPart !== undefined,
        sort: SORTS[query.sort],
        tie: byBytes('t.team_id'),
        page: query,
        read: teamKind.read,
      }),

    listDeleted: (query) =>
      pageOf(db, {
        from: DELETED_TEAMS,
        alias: 't',
        conditions: conditionsOf(query),
        sort: SORTS[query.sort],
        tie: sql`${byBytes('t.team_id')}, t.deleted_at`,
        page: query,
        read: (row: DeletedColumns) => ({
          team: teamKind.read(row),
          deletedAt: row.deleted_at,
          deletedBy: row.deleted_by,
        }),
      }),
  }
}

function conditionsOf({ scope, teamId, organizationId, aliasPart, userId }: TeamQuery): RawBuilder<unknown>[] {
  const conditions = teamsInScope(scope)
  if (teamId !== undefined) conditions.push(sql`t.team_id = ${teamId}`)
  if (organizationId === 'none') conditions.push(sql`t.organization_id is null`)
  else if (organizationId !== undefined) conditions.push(sql`t.organization_id = ${organizationId}`)
  if (aliasPart !== undefined) conditions.push(contains('t.alias', aliasPart))
  if (userId !== undefined) {
    conditions.push(sql`t.team_id in (select m.team_id from latchkey.team_member m where m.user_id = ${userId})`)
  }
  return conditions
}
