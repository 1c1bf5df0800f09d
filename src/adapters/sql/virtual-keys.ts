import { type Kysely, sql, type Transaction } from 'kysely'
import type { KeyDigest } from '../../domain/ids.ts'
import { storableText } from '../../domain/storable-text.ts'
import type { VirtualKeys } from '../../ports/virtual-keys.ts'
import { timestampText } from './column-types.ts'
import type { Database } from './database.ts'
import { violatesUnique } from './database-error.ts'
import { findKey } from './find-key.ts'
import { keyOf, rowOfKey } from './key-row.ts'
import { listKeys } from './list-keys.ts'

export function sqlVirtualKeys(db: Kysely<Database>): VirtualKeys {
  return {
    findKey: (digest, now) => findKey(db, digest, now),
    list: (page) => listKeys(db, page),

    async findByAlias(alias) {
      const row = await db
        .selectFrom('virtual_key')
        .selectAll()
        .where('alias', '=', storableText(alias))
        .executeTakeFirst()
      return row === undefined ? undefined : keyOf(row)
    },

    insert: (key) =>
      db.transaction().execute(async (transaction) => {
        await lockDigests(transaction, [key.digest])
        if (await isTaken(transaction, key.digest)) return 'digest-taken'
        const inserted = await transaction
          .insertInto('virtual_key')
          .values(rowOfKey(key))
          .onConflict((conflict) => conflict.doNothing())
          .returning('digest')
          .executeTakeFirst()
        return inserted === undefined ? 'alias-taken' : 'inserted'
      }),

    update: (key, seen) =>
      unlessAliasTaken(async () => {
        const change = db.updateTable('virtual_key').set(rowOfKey(key)).where('digest', '=', key.digest)
        const guarded =
          seen === undefined
            ? change
            : change.where(
                // A row changed by hand can have microseconds, which we never see.
                sql<boolean>`date_trunc('milliseconds', updated_at) = ${timestampText(seen)}::timestamptz`,
              )
        const { numUpdatedRows } = await guarded.executeTakeFirstOrThrow()
        if (numUpdatedRows === 1n) return 'updated'
        const other = await db
          .selectFrom('virtual_key')
          .select('digest')
          .where('digest', '=', key.digest)
          .executeTakeFirst()
        return other === undefined ? 'unknown' : 'changed'
      }),

    rotate: ({ from, to, seen, graceEndsAt }) =>
      unlessAliasTaken(() =>
        db.transaction().execute(async (transaction) => {
          await lockDigests(transaction, [from, to.digest])
          const known = await transaction
            .selectFrom('virtual_key')
            .select('updated_at')
            .where('digest', '=', from)
            .forUpdate()
            .executeTakeFirst()
          if (known === undefined) return 'unknown'
          if (seen !== undefined && known.updated_at !== seen) return 'changed'
          if (await isTaken(transaction, to.digest)) return 'digest-taken'

          await transaction.updateTable('virtual_key').set(rowOfKey(to)).where('digest', '=', from).execute()
          await transaction
            .updateTable('retired_key_digest')
            .set({ successor: to.digest, grace_ends_at: null })
            .where('successor', '=', from)
            .execute()
          const grace_ends_at = graceEndsAt === undefined ? null : timestampText(graceEndsAt)
          await transaction
            .insertInto('retired_key_digest')
            .values({ digest: from, successor: to.digest, grace_ends_at })
            .execute()
          return 'rotated'
        }),
      ),

    async delete(digests, by, at) {
      const wanted = [...new Set(digests)]
      const missing = new Error('a key of the list is unknown')
      try {
        await db.transaction().execute(async (transaction) => {
          await lockDigests(transaction, wanted)
          const { rows } = await sql`
            with gone as (delete from latchkey.virtual_key k where k.digest = any(${wanted}::text[]) returning k.*)
            insert into latchkey.deleted_key (digest, snapshot, deleted_at, deleted_by)
            select digest, to_jsonb(gone), ${timestampText(at)}::timestamptz, ${storableText(by)} from gone
            returning id`.execute(transaction)
          if (rows.length !== wanted.length) throw missing
        })
      } catch (error) {
        if (error === missing) return 'unknown'
        throw error
      }
      return 'deleted'
    },
  }
}

/**
 * A digest lives in two tables, so no single constraint keeps it unique. Writers of the same digest take turns instead,
 * in one order for all, so that two of them can't wait for each other.
 */
async function lockDigests(transaction: Transaction<Database>, digests: readonly KeyDigest[]): Promise<void> {
  for (const digest of digests.toSorted()) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${digest}, 0))`.execute(transaction)
  }
}

async function isTaken(transaction: Transaction<Database>, digest: KeyDigest): Promise<boolean> {
  const holder = await transaction
    .selectFrom('virtual_key')
    .select('digest')
    .where('digest', '=', digest)
    .unionAll(transaction.selectFrom('retired_key_digest').select('digest').where('digest', '=', digest))
    .executeTakeFirst()
  return holder !== undefined
}

async function unlessAliasTaken<Outcome>(write: () => Promise<Outcome>): Promise<Outcome | 'alias-taken'> {
  try {
    return await write()
  } catch (error) {
    if (violatesUnique(error, 'virtual_key_alias')) return 'alias-taken'
    throw error
  }
}
