import { type Kysely, sql } from 'kysely'
import { foldEmail } from '../../../domain/fold-email.ts'
import type { OrganizationId, TeamId, UserId } from '../../../domain/ids.ts'
import { storableText } from '../../../domain/storable-text.ts'
import type { Directory, LinkedUser } from '../../../ports/directory.ts'
import type { Database } from '../database.ts'

type ByName = Pick<
  Directory,
  'findUsersByEmail' | 'findUserBySsoSubject' | 'findTeamsByAlias' | 'findOrganizationsByAlias'
>

/** What is found by a name that somebody says. Whether two are found is all that there is to know of more than one. */
export function sqlNames(db: Kysely<Database>): ByName {
  return {
    async findUsersByEmail(email) {
      if (!isStorable(email)) return []
      const { rows } = await sql<{ user_id: UserId }>`
        select user_id from latchkey.user_account
        where latchkey.folded_email(email) = ${foldEmail(email)} and not email_is_claim
        order by user_id limit 2`.execute(db)
      return rows.map((row) => row.user_id)
    },

    /** Whoever has it now stands before those who had it. */
    async findUserBySsoSubject(subject) {
      if (!isStorable(subject)) return undefined
      const { rows } = await sql<{ user_id: UserId; is_deleted: boolean }>`
        select user_id, is_deleted from (
          select u.user_id, f.user_id is not null as is_deleted, null::timestamptz as gone_at
          from latchkey.user_account u left join latchkey.former_user f using (user_id) where u.sso_user_id = ${subject}
          union all
          select coalesce(survivor_id, user_id), survivor_id is null, gone_at
          from latchkey.former_user where sso_user_id = ${subject}
        ) known order by gone_at desc nulls first limit 1`.execute(db)
      const [row] = rows
      return row === undefined ? undefined : linked(row)
    },

    async findTeamsByAlias(alias) {
      if (!isStorable(alias)) return []
      const { rows } = await sql<{ team_id: TeamId }>`
        select team_id from latchkey.team where alias = ${alias} order by team_id limit 2`.execute(db)
      return rows.map((row) => row.team_id)
    },

    async findOrganizationsByAlias(alias) {
      if (!isStorable(alias)) return []
      const { rows } = await sql<{ organization_id: OrganizationId }>`
        select organization_id from latchkey.organization where alias = ${alias}
        order by organization_id limit 2`.execute(db)
      return rows.map((row) => row.organization_id)
    },
  }
}

export function linked(row: { readonly user_id: UserId; readonly is_deleted: boolean }): LinkedUser {
  return { userId: row.user_id, isDeleted: row.is_deleted }
}

/** What no row can hold is found nowhere: on its way to the database it would turn into another text. */
export function isStorable(text: string): boolean {
  return storableText(text) === text
}
