import { sql } from 'kysely'
import { afterAll, describe, expect, test } from 'vitest'
import type { Store } from '../../../src/adapters/sql/open-store.ts'
import { writeLedgerLine } from '../../../src/domain/ledger-line.ts'
import { picoUsd } from '../../../src/domain/money.ts'
import { digestOf, makeEntry, makeKey } from '../../support/entries.ts'
import { ALL_ROWS } from '../../support/rows.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'
import { writeRows } from '../../support/write-rows.ts'

const KEYS = 6
const ROUNDS = 12

describe.each([
  ['the embedded database', openEmbedded],
  ['a server', openServer],
] as const)('the order of keys by spend in %s', (_, open) => {
  const shared = emptied(open)
  afterAll(() => shared.close())

  /** Lines of every digest, also of those that are no longer or not yet a key's. */
  async function spend(store: Store, round: number, digests: number): Promise<void> {
    const lines = Array.from({ length: digests }, (_each, n) => {
      const payer = { kind: 'key', digest: digestOf(n), alias: undefined } as const
      return writeLedgerLine(makeEntry(round * 1_000 + n, { payer, amount: picoUsd(BigInt(n + 1)) }))
    })
    expect(await store.ledger.keep(round % 2 === 0 ? lines : lines.toReversed())).toBe('kept')
  }

  test('is right after lines, rotations, deletions and lists that all came at once', async () => {
    const store = await shared.open()
    await writeRows(store, async ({ keys }) => {
      for (let n = 0; n < KEYS; n += 1) await keys.insert(makeKey(n))
    })
    const page = { ...ALL_ROWS, sort: 'spend', order: 'desc' } as const
    const rounds = Array.from({ length: ROUNDS }, (_each, round) => round)

    /** In each round its keys take the place of those of the round before, and one of them goes. */
    async function change(): Promise<void> {
      for (const round of rounds.slice(1)) {
        const [from, to] = [(round - 1) * KEYS, round * KEYS]
        for (let n = 0; n < KEYS; n += 1) {
          await writeRows(store, async ({ keys }) => {
            if ((await keys.find(digestOf(from + n))) === undefined) return
            await keys.rotate(digestOf(from + n), makeKey(to + n), undefined)
          })
        }
        if (round % 4 === 0) await writeRows(store, ({ keys }) => keys.archive([digestOf(to + round / 4)], 'tests'))
      }
    }

    async function list(): Promise<void> {
      for (const { length } of rounds.map(() => rounds)) {
        const listed = await writeRows(store, ({ keys }) => keys.list({ ...page, size: length }))
        expect(new Set(listed.rows.map(({ digest }) => digest)).size).toBe(listed.rows.length)
      }
    }

    const spending = rounds
      .flatMap((round) => [2 * round, 2 * round + 1])
      .map((n) => () => spend(store, n, ROUNDS * KEYS))
    const [one, other] = [spending.slice(0, ROUNDS), spending.slice(ROUNDS)].map(async (those) => {
      for (const each of those) await each()
    })
    await Promise.all([change(), list(), one, other])
    const { rows } = await sql<{ digest: ReturnType<typeof digestOf>; spent_pico: string }>`
      select digest, spent_pico from latchkey.key_spend order by spent_pico desc, digest`.execute(store.db)
    const totals = await store.readLedger(async () => {}).spendOfKeys(rows.map(({ digest }) => digest))
    expect(rows.map(({ digest, spent_pico }) => [digest, BigInt(spent_pico)])).toEqual(
      rows.map(({ digest }) => [digest, totals.get(digest) ?? 0n]),
    )
    const listed = await writeRows(store, ({ keys }) => keys.list(page))
    expect(listed.rows.map(({ digest }) => digest)).toEqual(rows.map(({ digest }) => digest))
    expect(rows.length).toBeGreaterThan(0)
  })
})

test('lines that wait for a rotation under way are told of the key under its new digest', async () => {
  const { store, close } = await openServer()
  try {
    await writeRows(store, ({ keys }) => keys.insert(makeKey(1)))
    const isWaited = Promise.withResolvers<void>()
    const isRotated = Promise.withResolvers<void>()
    const rotating = writeRows(store, async ({ keys }) => {
      await keys.rotate(digestOf(1), makeKey(2), undefined)
      isRotated.resolve()
      await isWaited.promise
    })
    await isRotated.promise
    const keeping = store.ledger.keep([writeLedgerLine(makeEntry(1, { amount: picoUsd(7n) }))])
    await expect.poll(() => waitingFor(store, 'keep_ledger_lines')).toBe(1n)
    isWaited.resolve()
    await Promise.all([rotating, keeping])
    const { rows } = await sql`select digest, spent_pico from latchkey.key_spend`.execute(store.db)
    expect(rows).toEqual([{ digest: digestOf(2), spent_pico: '7' }])
  } finally {
    await close()
  }
})

test('a rotation waits for the first lines of its new digest, and is told of them', async () => {
  const { store, close } = await openServer()
  try {
    await writeRows(store, ({ keys }) => keys.insert(makeKey(1)))
    const first = writeLedgerLine(
      makeEntry(1, { payer: { kind: 'key', digest: digestOf(2), alias: undefined }, amount: picoUsd(7n) }),
    )
    let rotating: Promise<unknown> = Promise.resolve()
    await store.db.transaction().execute(async (transaction) => {
      await sql`select latchkey.keep_ledger_lines(${`[${first}]`}::json)`.execute(transaction)
      rotating = writeRows(store, ({ keys }) => keys.rotate(digestOf(1), makeKey(2), undefined))
      await expect.poll(() => waitingFor(store, 'virtual_key')).toBe(1n)
    })
    await rotating
    const { rows } = await sql`select digest, spent_pico from latchkey.key_spend`.execute(store.db)
    expect(rows).toEqual([{ digest: digestOf(2), spent_pico: '7' }])
  } finally {
    await close()
  }
})

/** How many statements that name it wait for a lock. */
async function waitingFor(store: Store, name: string): Promise<bigint | undefined> {
  const { rows } = await sql<{ waiting: bigint }>`
    select count(*) as waiting from pg_locks l join pg_stat_activity a using (pid)
    where not l.granted and a.datname = current_database() and a.query like ${`%${name}%`}`.execute(store.db)
  return rows[0]?.waiting
}
