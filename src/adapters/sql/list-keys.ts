import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { storableText } from '../../domain/storable-text.ts'
import type { KeyFilter, KeyPage, KeySort } from '../../ports/virtual-keys.ts'
import type { Database } from './database.ts'
import { keyOf } from './key-row.ts'

/** Byte order, so that the order does not depend on the collation a database was made with. */
const SORT_KEYS: Readonly<Record<KeySort, RawBuilder<unknown>>> = {
  created_at: sql`virtual_key.created_at`,
  updated_at: sql`virtual_key.updated_at`,
  token: sql`virtual_key.digest collate "C"`,
  key_alias: sql`virtual_key.alias collate "C"`,
  spend: sql`(
    select coalesce(sum(spend.total_pico), 0) from latchkey.key_spend spend
    where spend.key_digest = virtual_key.digest or spend.key_digest in (
      select retired.digest from latchkey.retired_key_digest retired where retired.successor = virtual_key.digest))`,
}

export async function listKeys(
  db: Kysely<Database>,
  page: KeyPage,
): Promise<{ readonly keys: readonly VirtualKey[]; readonly total: number }> {
  const matching = matchingKeys(db, page.filter)
  const { total } = await matching.select((of) => of.fn.countAll<bigint>().as('total')).executeTakeFirstOrThrow()
  const rows = await matching
    .selectAll()
    .orderBy(SORT_KEYS[page.sort], (order) => (page.order === 'asc' ? order.asc() : order.desc()).nullsLast())
    .orderBy(sql`virtual_key.digest collate "C"`)
    .limit(page.size)
    .offset((page.page - 1) * page.size)
    .execute()
  return { keys: rows.map(keyOf), total: Number(total) }
}

function matchingKeys(db: Kysely<Database>, { userId, alias, digest }: KeyFilter) {
  let query = db.selectFrom('virtual_key')
  if (userId !== undefined) query = query.where('user_id', '=', userId)
  if (alias !== undefined) query = query.where('alias', '=', storableText(alias))
  if (digest !== undefined) query = query.where('digest', '=', digest)
  return query
}
