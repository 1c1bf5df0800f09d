import { sql } from 'kysely'
import type { EpochMs, UserId } from '../../../domain/ids.ts'
import { storableText } from '../../../domain/storable-text.ts'
import type { IdentityLink } from '../../../domain/token-facts.ts'
import type { LinkedUser } from '../../../ports/directory.ts'
import { factIdOf } from '../../../ports/fact-changes.ts'
import type { Identity, IdentityRows } from '../../../ports/registry.ts'
import { isStorable, linked } from './name-rows.ts'
import type { Place } from './sql-rows.ts'

interface IdentityColumns {
  readonly issuer: string
  readonly subject: string
  readonly user_id: UserId
  readonly created_at: EpochMs
  readonly created_by: string
}

export function sqlIdentityRows(place: Place): IdentityRows {
  const { db, locks, touched } = place

  function touch(link: IdentityLink, ...users: readonly UserId[]): void {
    touched.tell('identity', factIdOf(link))
    for (const user of users) touched.tell('user', user)
  }

  return {
    async find(link) {
      if (!locks) return findIdentity(place, link)
      // Before there is a row to lock, those who want to make the same one take turns.
      await sql`select pg_advisory_xact_lock(hashtextextended(${factIdOf(link)}, 2))`.execute(db)
      const found = await findIdentity(place, link)
      // What another has made meanwhile is news to this process, and may not have been announced to it yet.
      touch(link, ...(found === undefined ? [] : [found.userId]))
      return found
    },

    async ofUser(id) {
      const { rows } = await sql<IdentityColumns>`
        select * from latchkey.user_identity where user_id = ${id} order by created_at, issuer, subject`.execute(db)
      return rows.map(read)
    },

    async latestSubjects(ids) {
      const { rows } = await sql<{ user_id: UserId; subject: string }>`
        select distinct on (user_id) user_id, subject from latchkey.user_identity where user_id = any(${ids}::text[])
        order by user_id, created_at desc, issuer desc, subject desc`.execute(db)
      return new Map(rows.map((row) => [row.user_id, row.subject]))
    },

    async insert({ issuer, subject }, userId, by) {
      touch({ issuer, subject }, userId)
      const { rows } = await sql`
        insert into latchkey.user_identity (issuer, subject, user_id, created_at, created_by)
        values (${issuer}, ${subject}, ${userId}, clock_timestamp(), ${storableText(by)})
        on conflict do nothing returning 1`.execute(db)
      return rows.length === 0 ? 'taken' : 'inserted'
    },

    async delete(link) {
      const { rows } = await sql<IdentityColumns>`
        delete from latchkey.user_identity where issuer = ${link.issuer} and subject = ${link.subject} returning *`.execute(
        db,
      )
      touch(link, ...rows.map((row) => row.user_id))
    },
  }
}

export async function findIdentity(
  { db }: Pick<Place, 'db'>,
  { issuer, subject }: IdentityLink,
): Promise<LinkedUser | undefined> {
  if (!isStorable(issuer) || !isStorable(subject)) return undefined
  const { rows } = await sql<{ user_id: UserId; is_deleted: boolean }>`
    select i.user_id, (u.user_id is null or f.user_id is not null) as is_deleted from latchkey.user_identity i
    left join latchkey.user_account u on u.user_id = i.user_id
    left join latchkey.former_user f on f.user_id = i.user_id
    where i.issuer = ${issuer} and i.subject = ${subject}`.execute(db)
  const [row] = rows
  return row === undefined ? undefined : linked(row)
}

function read(row: IdentityColumns): Identity {
  return { issuer: row.issuer, subject: row.subject, createdAt: row.created_at, createdBy: row.created_by }
}
