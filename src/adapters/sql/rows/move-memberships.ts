import { sql } from 'kysely'
import type { UserId } from '../../../domain/ids.ts'
import type { Place } from './sql-rows.ts'

const GROUPS = [
  { table: sql.table('latchkey.team_member'), group: sql.ref('team_id'), roles: ['admin', 'user'] },
  {
    table: sql.table('latchkey.organization_member'),
    group: sql.ref('organization_id'),
    roles: ['org_admin', 'internal_user', 'internal_user_viewer'],
  },
] as const

/**
 * Where both are members, the survivor has the higher role, a budget if one of them has, and what people decided stays out
 * of the reach of tokens. Elsewhere the membership goes over as it is.
 */
export async function moveMemberships({ db }: Place, from: UserId, to: UserId): Promise<void> {
  for (const { table, group, roles } of GROUPS) {
    await sql`
      update ${table} mine set
        role = case when array_position(${roles}::text[], theirs.role) < array_position(${roles}::text[], mine.role)
          then theirs.role else mine.role end,
        budget_id = coalesce(mine.budget_id, theirs.budget_id),
        source = case when theirs.source = 'api' then 'api' else mine.source end
      from ${table} theirs
      where mine.user_id = ${to} and theirs.user_id = ${from} and mine.${group} = theirs.${group}`.execute(db)
    await sql`
      update ${table} theirs set user_id = ${to} where user_id = ${from}
        and not exists (select from ${table} mine where mine.user_id = ${to} and mine.${group} = theirs.${group})`.execute(
      db,
    )
    await sql`
      with gone as (delete from ${table} where user_id = ${from} returning budget_id)
      delete from latchkey.budget where is_own and budget_id in (select budget_id from gone)
        and budget_id not in (select budget_id from ${table} where user_id = ${to} and budget_id is not null)`.execute(
      db,
    )
  }
}
