import { type Kysely, sql } from 'kysely'
import type { EpochMs, KeyDigest } from '../../domain/ids.ts'
import type { FoundKey } from '../../ports/virtual-keys.ts'
import { timestampText } from './column-types.ts'
import type { Database } from './database.ts'
import { keyOf } from './key-row.ts'

/** One statement, so that a rotation can't slip between looking for the digest and looking for its successor. */
export async function findKey(db: Kysely<Database>, digest: KeyDigest, now: EpochMs): Promise<FoundKey | undefined> {
  const row = await db
    .selectFrom('virtual_key')
    .selectAll()
    .select(sql<EpochMs | null>`null::timestamptz`.as('grace_ends_at'))
    .where('digest', '=', digest)
    .unionAll(
      db
        .selectFrom('retired_key_digest as retired')
        .innerJoin('virtual_key', 'virtual_key.digest', 'retired.successor')
        .selectAll('virtual_key')
        .select('retired.grace_ends_at')
        .where('retired.digest', '=', digest)
        .where('retired.grace_ends_at', '>', sql<EpochMs>`${timestampText(now)}::timestamptz`),
    )
    .executeTakeFirst()
  return row === undefined ? undefined : { key: keyOf(row), graceEndsAt: row.grace_ends_at ?? undefined }
}
