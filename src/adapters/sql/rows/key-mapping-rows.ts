import { type RawBuilder, sql } from 'kysely'
import { AUTO_REGISTER } from '../../../domain/key-mapping.ts'
import type { KeyMapping, MappedClaim, MappedKey } from '../../../domain/key-mapping.ts'
import { mappingFactId } from '../../../ports/fact-changes.ts'
import type { KeyMappingRows } from '../../../ports/registry.ts'
import { keyKind } from './key-kind.ts'
import type { KeyColumns } from './key-kind.ts'
import { issuerOf, issuerText, keyMappingKind } from './key-mapping-kind.ts'
import type { KeyMappingColumns } from './key-mapping-kind.ts'
import { isStorable } from './name-rows.ts'
import { byBytes, pageOf } from './page-sql.ts'
import { type Place, lock, sqlRows } from './sql-rows.ts'

export function sqlKeyMappingRows(place: Place): KeyMappingRows {
  const { db, locks, touched } = place
  const rows = sqlRows(keyMappingKind, place)

  async function select(condition: RawBuilder<unknown>): Promise<readonly KeyMapping[]> {
    const found = await sql<KeyMappingColumns>`
      select * from latchkey.jwt_key_mapping where ${condition} order by mapping_id ${lock(place)}`.execute(db)
    return found.rows.map(keyMappingKind.read)
  }

  function touch({ claim }: Pick<KeyMapping, 'claim'>): void {
    touched.tell('key_mapping', mappingFactId(claim))
  }

  return {
    ...rows,

    async named(claim, issuer) {
      // Before there is a row to lock, those who want to make the same one take turns.
      const name = `${issuerText(issuer)}\n${mappingFactId(claim)}`
      if (locks) {
        await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 3))`.execute(db)
        // Whoever had to wait was told before that there is none.
        touch({ claim })
      }
      const [found] = await select(
        sql`claim = ${claim.name} and value = ${claim.value} and issuer = ${issuerText(issuer)}`,
      )
      return found
    },

    ofKeys: (digests) => select(sql`key_digest = any(${digests}::text[])`),

    async insert(mapping) {
      touch(mapping)
      return rows.insert(mapping)
    },

    async update(mapping) {
      const before = await rows.find(mapping.id)
      if (before !== undefined) touch(before)
      touch(mapping)
      return rows.update(mapping)
    },

    async delete(ids) {
      const gone = await rows.delete(ids)
      for (const mapping of gone) touch(mapping)
      return gone
    },

    list: (page) =>
      pageOf(db, {
        from: sql`latchkey.jwt_key_mapping m`,
        alias: 'm',
        id: 'mapping_id',
        conditions: [],
        sort: { by: sql`m.created_at` },
        tie: byBytes('m.mapping_id'),
        page,
        read: keyMappingKind.read,
      }),
  }
}

interface MappedColumns extends KeyColumns {
  readonly mapping_id: string
  readonly mapping_issuer: string
  readonly mapping_is_active: boolean
  readonly mapping_updated_by: string
}

/** With their keys, in one statement: a key that is rotated meanwhile is found under one of its digests. */
export async function findKeyMappings(
  { db }: Pick<Place, 'db'>,
  { name, value }: MappedClaim,
): Promise<readonly MappedKey[]> {
  if (!isStorable(name) || !isStorable(value)) return []
  const { rows } = await sql<MappedColumns>`
    select k.*, m.mapping_id, m.issuer as mapping_issuer, m.is_active as mapping_is_active, m.updated_by as mapping_updated_by
    from latchkey.jwt_key_mapping m join latchkey.virtual_key k on k.digest = m.key_digest
    where m.claim = ${name} and m.value = ${value}`.execute(db)
  return rows.map((row) => ({
    id: row.mapping_id,
    issuer: issuerOf(row.mapping_issuer),
    isActive: row.mapping_is_active,
    isRegistered: row.mapping_updated_by === AUTO_REGISTER,
    key: keyKind.read(row),
  }))
}
