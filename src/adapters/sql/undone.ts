import type { Kysely } from 'kysely'
import type { Database } from './database.ts'

/** What would be, had it been done. */
export async function undone<Answer>(
  db: Kysely<Database>,
  tell: (on: Kysely<Database>) => Promise<Answer>,
): Promise<Answer> {
  const transaction = await db.startTransaction().execute()
  try {
    return await tell(transaction)
  } finally {
    await transaction.rollback().execute()
  }
}
