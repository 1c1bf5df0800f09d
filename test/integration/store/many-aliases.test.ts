import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { listAliases } from '../../../src/adapters/sql/rows/key-aliases.ts'
import type { ListedAliases } from '../../../src/ports/registry.ts'
import { openEmbedded, openServer } from '../../support/stores.ts'

const PIECE = 10

test.each([
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
])('aliases that come in several pieces are one list, whole and in order, from $name', async ({ open }) => {
  const { store, close } = await open()
  try {
    const list = (): Promise<ListedAliases> => listAliases(store.db, { scope: { sees: 'all' } }, PIECE)
    expect(await list()).toEqual({ json: '[]', total: 0 })
    for (const [from, until] of [
      [1, PIECE],
      [PIECE + 1, PIECE + 1],
      [PIECE + 2, 3 * PIECE - 3],
    ] as const) {
      await sql`insert into latchkey.virtual_key (digest, display_name, alias, needs_membership, models, model_aliases,
        allowed_routes, enforced_params, tags, metadata, blocked, rotation_count, created_at, created_by, updated_at,
        updated_by)
      select md5(n::text) || md5(n::text), 'sk-...', '"' || n || '",', false, '{}', '{}', '{}', '{}', '{}', '{}', false, 0,
        now(), 'tests', now(), 'tests' from generate_series(${from}::int, ${until}::int) n`.execute(store.db)
      const { json, total } = await list()
      expect(total).toBe(until)
      expect(JSON.parse(json)).toEqual(Array.from({ length: until }, (_, n) => `"${n + 1}",`).toSorted())
    }
  } finally {
    await close()
  }
})
