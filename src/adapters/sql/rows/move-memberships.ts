import { sql } from 'kysely'
import type { UserId } from '../../../domain/ids.ts'
import { ORGANIZATION_ROLES, TEAM_ROLES, joinedMembership } from './joined-membership.ts'
import type { Place } from './sql-rows.ts'

const GROUPS = [
  { table: sql.table('latchkey.team_member'), group: sql.ref('team_id'), roles: TEAM_ROLES },
  {
    table: sql.table('latchkey.organization_member'),
    group: sql.ref('organization_id'),
    roles: ORGANIZATION_ROLES,
  },
] as const

/** Where both are members, the two memberships are joined. Elsewhere the membership goes over as it is. */
export async function moveMemberships({ db }: Place, from: UserId, to: UserId): Promise<void> {
  for (const { table, group, roles } of GROUPS) {
    const joined = joinedMembership(roles)
    await sql`
      update ${table} mine set
        role = ${joined.role}, budget_id = ${joined.budgetId}, source = ${joined.source}
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
