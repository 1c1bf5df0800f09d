import { type Kysely, sql } from 'kysely'
import type { UserId } from '../../../domain/ids.ts'
import type { MergeCandidate, MergeReason } from '../../../ports/registry.ts'
import type { Database } from '../database.ts'

interface CandidateColumns {
  readonly survivor_id: UserId
  readonly duplicate_id: UserId
  readonly because: readonly MergeReason[]
}

/**
 * Who is called by another's name was made by somebody who knew only the name: that one is the duplicate. Of two with one
 * address it is whoever only claims it, else the younger.
 */
export async function findCandidates(db: Kysely<Database>, most: number): Promise<readonly MergeCandidate[]> {
  const { rows } = await sql<CandidateColumns>`
    with pair as (
      select one.user_id as survivor_id, other.user_id as duplicate_id, 'same-email' as because
      from latchkey.user_account one join latchkey.user_account other
        on latchkey.folded_email(one.email) = latchkey.folded_email(other.email)
      where (one.email_is_claim, one.created_at, one.user_id) < (other.email_is_claim, other.created_at, other.user_id)
      union all
      select one.user_id, other.user_id, 'id-is-email' from latchkey.user_account one
      join latchkey.user_account other on latchkey.folded_email(other.user_id) = latchkey.folded_email(one.email)
      union all
      select one.user_id, other.user_id, 'id-is-sso-subject' from latchkey.user_account one
      join latchkey.user_account other on other.user_id = one.sso_user_id
      union all
      select link.user_id, other.user_id, 'id-is-linked-subject' from latchkey.user_identity link
      join latchkey.user_account other on other.user_id = link.subject
      union all
      select other.user_id, link.user_id, 'sso-is-linked' from latchkey.user_identity link
      join latchkey.user_account other on other.sso_user_id = link.subject
    )
    select survivor_id, duplicate_id, array_agg(distinct because order by because) as because from pair
    where survivor_id <> duplicate_id and 'default_user_id' not in (survivor_id, duplicate_id)
      and exists (select from latchkey.user_account u where u.user_id = survivor_id)
      and exists (select from latchkey.user_account u where u.user_id = duplicate_id)
    group by survivor_id, duplicate_id order by survivor_id collate "C", duplicate_id collate "C" limit ${most}`.execute(
    db,
  )
  return rows.map((row) => ({ survivorId: row.survivor_id, duplicateId: row.duplicate_id, because: row.because }))
}
