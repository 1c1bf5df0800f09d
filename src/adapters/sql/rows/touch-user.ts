import { sql } from 'kysely'
import type { UserId } from '../../../domain/ids.ts'
import { factIdOf } from '../../../ports/fact-changes.ts'
import type { FactKind } from '../../../ports/fact-changes.ts'
import type { Place } from './sql-rows.ts'

/** Tells of users and of every name that leads to them, as these are now: to be called on both sides of a change. */
export async function touchUser({ db, touched }: Place, ids: readonly UserId[]): Promise<void> {
  for (const id of ids) touched.tell('user', id)
  const names = await sql<{ kind: FactKind; name: string }>`
    select 'email' as kind, latchkey.folded_email(email) as name from latchkey.user_account
      where user_id = any(${ids}::text[]) and email is not null
    union all select 'sso_subject', sso_user_id from latchkey.user_account
      where user_id = any(${ids}::text[]) and sso_user_id is not null
    union all select 'sso_subject', sso_user_id from latchkey.former_user
      where user_id = any(${ids}::text[]) and sso_user_id is not null`.execute(db)
  for (const { kind, name } of names.rows) touched.tell(kind, name)
  const links = await sql<{ issuer: string; subject: string }>`
    select issuer, subject from latchkey.user_identity where user_id = any(${ids}::text[])`.execute(db)
  for (const link of links.rows) touched.tell('identity', factIdOf(link))
}
