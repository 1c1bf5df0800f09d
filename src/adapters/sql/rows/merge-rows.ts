import { sql } from 'kysely'
import type { EpochMs, KeyDigest, UserId } from '../../../domain/ids.ts'
import { storableText } from '../../../domain/storable-text.ts'
import type { MergeRows, UserHoldings } from '../../../ports/registry.ts'
import { findCandidates } from './merge-candidates.ts'
import { moveMemberships } from './move-memberships.ts'
import { touchUser } from './touch-user.ts'
import { undoMerge } from './undo-merge.ts'
import { type Place, sqlRows } from './sql-rows.ts'
import { userKind } from './user-kind.ts'

interface MergeColumns {
  readonly survivor_id: UserId
  readonly duplicate_id: UserId
  readonly merged_at: EpochMs
  readonly merged_by: string
  readonly undone_at: EpochMs | null
}

export function sqlMergeRows(place: Place): MergeRows {
  const { db, touched } = place
  return {
    candidates: (most) => findCandidates(db, most),
    holdings: (id) => findHoldings(place, id),

    async merge(survivor, duplicateId, id, by) {
      const both = [survivor.id, duplicateId]
      await sql`select latchkey.hold_ledger()`.execute(db)
      await touchUser(place, both)
      await keepSnapshot(place, survivor.id, duplicateId, id, by)

      const keys = await sql<{ digest: KeyDigest }>`
        update latchkey.virtual_key set user_id = ${survivor.id} where user_id = ${duplicateId} returning digest`.execute(
        db,
      )
      for (const { digest } of keys.rows) touched.tell('key', digest)
      await moveMemberships(place, duplicateId, survivor.id)
      await sql`update latchkey.invitation set user_id = ${survivor.id} where user_id = ${duplicateId}`.execute(db)
      await sql`update latchkey.user_identity set user_id = ${survivor.id} where user_id = ${duplicateId}`.execute(db)
      await sql`delete from latchkey.user_account where user_id = ${duplicateId}`.execute(db)
      await sql`update latchkey.former_user set survivor_id = ${survivor.id}
        where user_id = ${duplicateId} or survivor_id = ${duplicateId}`.execute(db)
      await sqlRows(userKind, place).update(survivor)
      await keepOutcome(place, id)
      await sql`select latchkey.recount_users(${both}::text[])`.execute(db)
      await touchUser(place, both)
    },

    async find(id) {
      const { rows } = await sql<MergeColumns>`
        select survivor_id, duplicate_id, merged_at, merged_by, undone_at from latchkey.user_merge
        where merge_id = ${storableText(id)} ${place.locks ? sql`for update` : sql``}`.execute(db)
      const [row] = rows
      if (row === undefined) return undefined
      return {
        id,
        survivorId: row.survivor_id,
        duplicateId: row.duplicate_id,
        mergedAt: row.merged_at,
        mergedBy: row.merged_by,
        isUndone: row.undone_at !== null,
      }
    },

    undo: (id, by) => undoMerge(place, id, by),
  }
}

async function findHoldings({ db }: Place, id: UserId): Promise<UserHoldings> {
  const { rows } = await sql<UserHoldings>`
    select
      array(select digest from latchkey.virtual_key where user_id = ${id} order by digest) as keys,
      array(select team_id from latchkey.team_member where user_id = ${id} order by team_id) as teams,
      array(select organization_id from latchkey.organization_member where user_id = ${id} order by organization_id)
        as organizations,
      array(select invitation_id from latchkey.invitation where user_id = ${id} order by invitation_id) as invitations,
      (select coalesce(jsonb_agg(jsonb_build_object('issuer', issuer, 'subject', subject) order by issuer, subject), '[]')
        from latchkey.user_identity where user_id = ${id}) as identities`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('a question without an answer')
  return row
}

/** Every row that the merge changes, as it was. */
async function keepSnapshot({ db }: Place, survivor: UserId, duplicate: UserId, id: string, by: string): Promise<void> {
  await sql`
    insert into latchkey.user_merge (merge_id, survivor_id, duplicate_id, snapshot, merged_at, merged_by)
    select ${id}, ${survivor}, ${duplicate}, jsonb_build_object(
      'duplicate', (select to_jsonb(u) from latchkey.user_account u where user_id = ${duplicate}),
      'survivor', (select to_jsonb(u) from latchkey.user_account u where user_id = ${survivor}),
      'keys', (select coalesce(jsonb_agg(digest), '[]') from latchkey.virtual_key where user_id = ${duplicate}),
      'teams', (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from latchkey.team_member m where user_id = ${duplicate}),
      'survivorTeams',
        (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from latchkey.team_member m where user_id = ${survivor}),
      'organizations',
        (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from latchkey.organization_member m where user_id = ${duplicate}),
      'survivorOrganizations',
        (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from latchkey.organization_member m where user_id = ${survivor}),
      'budgets', (select coalesce(jsonb_agg(to_jsonb(b)), '[]') from latchkey.budget b where is_own and budget_id in (
        select budget_id from latchkey.team_member where user_id = ${duplicate}
        union all select budget_id from latchkey.organization_member where user_id = ${duplicate})),
      'identities', (select coalesce(jsonb_agg(jsonb_build_object('issuer', issuer, 'subject', subject)), '[]')
        from latchkey.user_identity where user_id = ${duplicate}),
      'invitations',
        (select coalesce(jsonb_agg(invitation_id), '[]') from latchkey.invitation where user_id = ${duplicate}),
      'aliases',
        (select coalesce(jsonb_agg(user_id), '[]') from latchkey.former_user where survivor_id = ${duplicate})
    ), clock_timestamp(), ${storableText(by)}`.execute(db)
}

/** An address that was only claimed stays so; and what the survivor's row became is needed to know what may go back. */
async function keepOutcome({ db }: Place, id: string): Promise<void> {
  await sql`update latchkey.user_account u set email_is_claim = true from latchkey.user_merge m
    where m.merge_id = ${id} and u.user_id = m.survivor_id and u.email = m.snapshot -> 'duplicate' ->> 'email'
      and m.snapshot -> 'survivor' ->> 'email' is null
      and (m.snapshot -> 'duplicate' ->> 'email_is_claim')::boolean`.execute(db)
  await sql`update latchkey.user_merge m set snapshot = m.snapshot || jsonb_build_object('became', to_jsonb(u))
    from latchkey.user_account u where m.merge_id = ${id} and u.user_id = m.survivor_id`.execute(db)
}
