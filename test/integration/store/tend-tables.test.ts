import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Store } from '../../../src/adapters/sql/open-store.ts'
import { openEmbedded, openServer } from '../../support/stores.ts'

async function write(db: Store['db'], from: number, until: number): Promise<void> {
  await sql`insert into latchkey.tag (name, models, created_at, created_by, updated_at)
    select 'tag ' || n || repeat('x', 200), '{}', now(), 'tests', now() from generate_series(${from}::int, ${until - 1}::int) n`.execute(
    db,
  )
}

test('a table of the embedded database is tended once it has grown by a fifth, and then plans know what is in it', async () => {
  const { store, close } = await openEmbedded()
  try {
    const { db, upkeep } = store
    const tend = async (): Promise<readonly string[]> => {
      const tended: string[] = []
      for (let name = await upkeep?.tendOne(); name !== undefined; name = await upkeep?.tendOne()) tended.push(name)
      return tended
    }
    expect(await tend()).toEqual([])
    await write(db, 0, 10_000)
    expect(await tend()).toEqual(['tag'])
    const { rows } = await sql<{ tuples: number; unseen: number }>`
      select reltuples as tuples, relpages - relallvisible as unseen from pg_class where oid = 'latchkey.tag'::regclass`.execute(
      db,
    )
    expect(rows).toEqual([{ tuples: 10_000, unseen: 0 }])
    await write(db, 10_000, 11_000)
    expect(await tend()).toEqual([])
    await write(db, 11_000, 13_000)
    expect(await tend()).toEqual(['tag'])
    // Rows that are gone leave room for as many.
    await sql`delete from latchkey.tag`.execute(db)
    await write(db, 0, 13_000)
    expect(await tend()).toEqual(['tag'])
    await sql`delete from latchkey.tag`.execute(db)
    await write(db, 0, 13_000)
    expect(await tend()).toEqual([])
  } finally {
    await close()
  }
})

test('a server tends its tables by itself', async () => {
  const { store, close } = await openServer()
  expect(store.upkeep).toBeUndefined()
  await close()
})
