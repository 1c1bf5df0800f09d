import { sql } from 'kysely'
import type { EpochMs } from '../../../domain/ids.ts'
import { revocationName } from '../../../domain/token-revocation.ts'
import type { TokenRevocation } from '../../../domain/token-revocation.ts'
import type { RevocationRows } from '../../../ports/registry.ts'
import { timestampText } from '../column-types.ts'
import { byBytes, pageOf } from './page-sql.ts'
import { revocationKind } from './revocation-kind.ts'
import type { RevocationColumns } from './revocation-kind.ts'
import { type Place, lock, sqlRows } from './sql-rows.ts'

/** Many more than one change writes, so that what has ended is gone before long. */
const SWEPT_AT_ONCE = 200

export function sqlRevocationRows(place: Place): RevocationRows {
  const { db, locks, touched } = place
  const rows = sqlRows(revocationKind, place)

  function touch({ target }: TokenRevocation): void {
    touched.tell('revocation', revocationName(target))
  }

  return {
    ...rows,

    async named(name) {
      // Before there is a row to lock, those who want to make the same one take turns.
      if (locks) await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 4))`.execute(db)
      const found = await sql<RevocationColumns>`
        select * from latchkey.token_revocation where name = ${name} ${lock(place)}`.execute(db)
      return found.rows.map(revocationKind.read)[0]
    },

    async insert(revocation) {
      touch(revocation)
      return rows.insert(revocation)
    },

    async update(revocation) {
      touch(revocation)
      return rows.update(revocation)
    },

    async delete(ids) {
      const gone = await rows.delete(ids)
      for (const each of gone) touch(each)
      return gone
    },

    async sweep(endedBy) {
      await sql`
        delete from latchkey.token_revocation where revocation_id in (
          select revocation_id from latchkey.token_revocation where ends_at <= ${timestampText(endedBy)}::timestamptz
          order by ends_at limit ${SWEPT_AT_ONCE} for update skip locked)`.execute(db)
    },

    list: (page, endedBy) =>
      pageOf(db, {
        from: sql`latchkey.token_revocation r`,
        alias: 'r',
        id: 'revocation_id',
        conditions: [sql`(r.ends_at is null or r.ends_at > ${timestampText(endedBy)}::timestamptz)`],
        sort: { by: sql`r.created_at` },
        tie: byBytes('r.revocation_id'),
        page,
        read: revocationKind.read,
      }),
  }
}

export async function hasRevocations({ db }: Pick<Place, 'db'>, now: EpochMs): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`
    select exists (
      select from latchkey.token_revocation where ends_at is null or ends_at > ${timestampText(now)}::timestamptz
    ) as there`.execute(db)
  return rows[0]?.there === true
}

export async function findRevocations(
  { db }: Pick<Place, 'db'>,
  names: readonly string[],
): Promise<readonly TokenRevocation[]> {
  const { rows } = await sql<RevocationColumns>`
    select * from latchkey.token_revocation where name = any(${names}::text[])`.execute(db)
  return rows.map(revocationKind.read)
}
