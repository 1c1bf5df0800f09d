import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readMigrations } from '../../../src/adapters/sql/migrate.ts'
import { writeLedgerLine } from '../../../src/domain/ledger-line.ts'
import { parseTimestamp } from '../../../src/adapters/sql/column-types.ts'
import { digestOf, makeEntry, makeKey } from '../../support/entries.ts'
import { type OpenedStore, openEmbedded, openServer } from '../../support/stores.ts'
import { writeRows } from '../../support/write-rows.ts'

describe.each([
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
])('$name', ({ open }) => {
  let opened: OpenedStore

  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.close())

  test('answers a ping', async () => {
    await opened.store.ping()
  })

  test.each([
    'update latchkey.ledger_entry set amount_pico = 0',
    'delete from latchkey.ledger_entry',
    'truncate latchkey.ledger_entry',
    'delete from latchkey.ledger_entry where false',
  ])('the ledger is append-only: %s', async (statement) => {
    const { ledger, db } = opened.store
    await ledger.keep([writeLedgerLine(makeEntry(1))])
    await expect(sql.raw(statement).execute(db)).rejects.toThrow('append-only')
  })

  test('a batch with a line that can never be kept is refused whole', async () => {
    const { ledger, readLedger } = opened.store
    const negative = writeLedgerLine(makeEntry(501)).replace('"13500000"', '"-1"')
    expect(await ledger.keep([writeLedgerLine(makeEntry(500)), negative])).toBe('refused')
    expect(await ledger.keep([writeLedgerLine(makeEntry(500)), '{"not":"a line"}'])).toBe('refused')
    expect(await ledger.keep(['not json'])).toBe('refused')
    expect(await readLedger(async () => {}).has(makeEntry(500).entryId)).toBe(false)
  })

  test('a reader flushes first, and fails when the flush fails', async () => {
    const reader = opened.store.readLedger(() => Promise.reject(new Error('store away')))
    await expect(reader.entries({ limit: 1 })).rejects.toThrow('store away')
    await expect(reader.spendOfKeys([digestOf(1)])).rejects.toThrow('store away')
  })

  test('the installation has one id and one signing secret, and the first master key wins', async () => {
    const { installation } = opened.store
    expect(installation.signingSecret.reveal()).toMatch(/^[0-9a-f]{64}$/)
    expect(await installation.masterKeyDigest()).toBeUndefined()
    const outcomes = await Promise.all([1, 2, 3].map((n) => installation.claimMasterKeyDigest(digestOf(n))))
    expect(outcomes.toSorted()).toEqual(['claimed', 'taken', 'taken'])
    await installation.replaceMasterKeyDigest(digestOf(9))
    expect(await installation.masterKeyDigest()).toBe(digestOf(9))
  })

  test('integers, numbers and times come back exact, in any session time zone', async () => {
    const { rows } = await sql<{ int: bigint; num: string; at: number }>`
      select 9223372036854775807::bigint as int, 12345678901234567890123456789012345678::numeric as num,
        '2026-03-29 01:59:59.987+00'::timestamptz as at`.execute(opened.store.db)
    expect(rows).toEqual([
      {
        int: 9223372036854775807n,
        num: '12345678901234567890123456789012345678',
        at: Date.UTC(2026, 2, 29, 1, 59, 59, 987),
      },
    ])
    expect(parseTimestamp('2026-03-29 07:29:59.987654+05:30')).toBe(Date.UTC(2026, 2, 29, 1, 59, 59, 987))
    expect(parseTimestamp('2026-03-28 22:00:00-03')).toBe(Date.UTC(2026, 2, 29, 1))
  })

  test('a list that an index holds is read from it, and not from the whole table', async () => {
    const { db } = opened.store
    await sql`create table latchkey.wide as
      select n, repeat('x', 60) as word, repeat('x', 100) as text from generate_series(1, 20000) n`.execute(db)
    await sql`create index on latchkey.wide (n) include (word)`.execute(db)
    await sql`analyze latchkey.wide`.execute(db)
    await sql`vacuum latchkey.wide`.execute(db)
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      explain select n, word from latchkey.wide where n > 0 order by word desc limit 10`.execute(db)
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('Index Only Scan')
    await sql`drop table latchkey.wide`.execute(db)
  })

  test('a query that takes long does not stall this thread', async () => {
    const busy = sql`select count(*) from generate_series(1, 1500000)`.execute(opened.store.db)
    let turns = 0
    let isOver = false
    const ended = busy.then(() => (isOver = true))
    while (!isOver) {
      turns += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
    await ended
    expect(turns).toBeGreaterThan(100)
  })

  test('a failed transaction leaves nothing, and the next query is not part of it', async () => {
    const { store } = opened
    const { db } = store
    const failing = db.transaction().execute(async (transaction) => {
      await sql`insert into latchkey.deleted_key (digest, snapshot, deleted_at, deleted_by) values ('x', '{}', now(), 'x')`.execute(
        transaction,
      )
      throw new Error('changed my mind')
    })
    const inserting = writeRows(store, ({ keys }) => keys.insert(makeKey(21)))
    const [outcome, inserted] = await Promise.allSettled([failing, inserting])
    expect(outcome.status).toBe('rejected')
    expect(inserted).toEqual({ status: 'fulfilled', value: 'inserted' })
    expect(
      await db
        .selectFrom('deleted_key')
        .where('digest', '=', sql<never>`'x'`)
        .select('id')
        .execute(),
    ).toEqual([])
  })
})

describe('migrations', () => {
  const extra = {
    number: 9_000,
    name: 'later',
    sha256: 'f'.repeat(64),
    text: 'create table latchkey.later (id int); create table latchkey.even_later (id int)',
  }

  test('a migration that was changed after it was applied stops the start, and so does a newer database', async () => {
    const { store, dataDir, close } = await openEmbedded({ migrations: [...(await readMigrations()), extra] })
    await store.close()
    await expect(openEmbedded({ dataDir })).rejects.toMatchObject({
      code: 'newer-than-us',
      message: expect.stringContaining('9000-later'),
    })
    const changed = [...(await readMigrations()), { ...extra, sha256: '0'.repeat(64) }]
    await expect(openEmbedded({ dataDir, migrations: changed })).rejects.toMatchObject({ code: 'migration-changed' })
    const again = await openEmbedded({ dataDir, migrations: [...(await readMigrations()), extra] })
    await again.close()
    await close()
  })

  test('a migration that fails leaves nothing of itself, and the start fails', async () => {
    const broken = { ...extra, text: 'create table latchkey.half (id int); select 1 / 0' }
    const { store, dataDir, close } = await openEmbedded()
    await store.close()
    await expect(openEmbedded({ dataDir, migrations: [...(await readMigrations()), broken] })).rejects.toThrow(
      'division by zero',
    )
    const again = await openEmbedded({ dataDir })
    const { rows } = await sql<{ half: string | null }>`select to_regclass('latchkey.half')::text as half`.execute(
      again.store.db,
    )
    expect(rows).toEqual([{ half: null }])
    await again.close()
    await close()
  })
})
