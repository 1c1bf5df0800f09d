import { sql } from 'kysely'
import type { UserId } from '../../../domain/ids.ts'
import type { FormerUser } from '../../../ports/directory.ts'
import type { FormerUserRows } from '../../../ports/registry.ts'
import { touchUser } from './touch-user.ts'
import type { Place } from './sql-rows.ts'

export function sqlFormerUserRows(place: Place): FormerUserRows {
  const { db, locks } = place
  return {
    find: (id) => findFormerUser(place, id, locks),

    async free(id) {
      await touchUser(place, [id])
      await sql`delete from latchkey.user_identity where user_id = ${id}
        and exists (select from latchkey.former_user f where f.user_id = ${id} and f.survivor_id is null)`.execute(db)
      await sql`delete from latchkey.former_user where user_id = ${id} and survivor_id is null`.execute(db)
    },
  }
}

export async function findFormerUser(
  { db }: Pick<Place, 'db'>,
  id: UserId,
  locks = false,
): Promise<FormerUser | undefined> {
  const { rows } = await sql<{ survivor_id: UserId | null }>`
    select survivor_id from latchkey.former_user where user_id = ${id} ${locks ? sql`for update` : sql``}`.execute(db)
  const [row] = rows
  return row === undefined ? undefined : { mergedInto: row.survivor_id ?? undefined }
}
