import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, describe, expect, test } from 'vitest'
import { sqlDailyActivity } from '../../../src/adapters/sql/daily-activity.ts'
import { readLeadingKeys } from '../../../src/adapters/sql/leading-keys.ts'
import type { LedgerEntry } from '../../../src/domain/ledger-entry.ts'
import { writeLedgerLine } from '../../../src/domain/ledger-line.ts'
import { epochMs } from '../../../src/domain/ids.ts'
import { picoUsd } from '../../../src/domain/money.ts'
import type { ActivityQuery } from '../../../src/ports/spend-reports.ts'
import { digestOf, makeEntry, NOON } from '../../support/entries.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'

const DAY = 86_400_000
const TODAY: ActivityQuery = {
  scope: { sees: 'all' },
  by: 'user',
  only: {},
  except: [],
  from: epochMs(NOON - DAY / 2),
  until: epochMs(NOON + DAY / 2),
}

const spent = (n: number, key: number, amount: number, more: Partial<LedgerEntry> = {}): LedgerEntry =>
  makeEntry(n, {
    amount: picoUsd(BigInt(amount)),
    payer: { kind: 'key', digest: digestOf(key), alias: undefined },
    ...more,
  })
const YESTERDAY = { startedAt: epochMs(NOON - DAY) }

describe.each([
  ['the embedded database', openEmbedded],
  ['a server', openServer],
] as const)('the keys on which most was spent, in %s', (_, open) => {
  const shared = emptied(open)
  afterAll(() => shared.close())

  async function storeWith(...entries: readonly LedgerEntry[]) {
    const store = await shared.open()
    await store.ledger.keep(entries.map(writeLedgerLine))
    return store
  }

  /** The keys and what was spent on them, when no more than `leaders` of them are looked at. */
  async function leadingOf(
    store: Awaited<ReturnType<typeof storeWith>>,
    most: number,
    leaders: number,
    mostLeaders = leaders,
  ) {
    const parts = await readLeadingKeys(store.db, TODAY, most, { leaders, mostLeaders })
    return parts?.map(({ key, spend }) => [key, Number(spend)])
  }

  test('are known without the days of keys that spent less in all', async () => {
    const store = await storeWith(spent(1, 1, 50), spent(2, 2, 100), spent(3, 3, 20), spent(4, 2, 7, YESTERDAY))
    expect(await leadingOf(store, 1, 1)).toEqual([[digestOf(2), 100]])
    expect(await leadingOf(store, 2, 2)).toEqual([
      [digestOf(2), 100],
      [digestOf(1), 50],
    ])
  })

  test('are not, where one that was not looked at may have spent as much', async () => {
    const store = await storeWith(spent(1, 1, 50), spent(2, 2, 50), spent(3, 3, 90, YESTERDAY))
    expect(await leadingOf(store, 1, 1)).toBe(undefined)
    expect(await leadingOf(store, 1, 2)).toBe(undefined)
    expect(await leadingOf(store, 3, 2)).toBe(undefined)
    expect(await leadingOf(store, 1, 3)).toHaveLength(1)
    expect(await leadingOf(store, 9, 3)).toHaveLength(2)
  })

  test('where those that spent most in all spent it elsewhere, whoever spent enough in all is looked at', async () => {
    const elsewhere = [10, 11, 12].map((n) => spent(n, n, 900, YESTERDAY))
    const store = await storeWith(...elsewhere, spent(1, 1, 50), spent(2, 2, 40), spent(3, 3, 30), spent(4, 10, 45))
    expect(await leadingOf(store, 1, 3, 3)).toBe(undefined)
    expect(await leadingOf(store, 1, 3, 4)).toEqual([[digestOf(1), 50]])
    // Too few of those that were looked at first spent anything that day, so that nobody knows how much is enough.
    expect(await leadingOf(store, 3, 3, 5)).toBe(undefined)
  })

  test('and callers without a key are among them', async () => {
    const store = await storeWith(spent(1, 1, 50), spent(2, 2, 40), spent(3, 0, 70, { payer: { kind: 'master' } }))
    expect(await leadingOf(store, 2, 1)).toEqual([
      [undefined, 70],
      [digestOf(1), 50],
    ])
  })

  test('with what they spent before they were rotated, whether they were used since or not', async () => {
    const store = await storeWith(spent(1, 1, 30), spent(2, 2, 30), spent(3, 3, 40), spent(4, 4, 35))
    for (const [from, to] of [
      [1, 5],
      [2, 4],
    ] as const) {
      await sql`insert into latchkey.retired_key_digest (digest, successor) values (${digestOf(from)}, ${digestOf(to)})`.execute(
        store.db,
      )
    }
    expect(await leadingOf(store, 1, 1)).toEqual([[digestOf(4), 65]])
    expect((await leadingOf(store, 3, 4))?.map(([key]) => key)).toEqual([digestOf(4), digestOf(3), digestOf(5)])
  })

  test('and whatever is looked at first, the answer is that of all days', async () => {
    const amount = fc.integer({ min: 0, max: 12 })
    const line = fc.record({ key: fc.integer({ min: 0, max: 6 }), amount, isOld: fc.boolean() })
    const lines = fc.array(line, { minLength: 1, maxLength: 20 })
    const few = fc.integer({ min: 1, max: 8 })
    const cut = fc.record({ most: few, leaders: few, mostLeaders: few })
    await fc.assert(
      fc.asyncProperty(lines, cut, async (drawn, { most, ...bounds }) => {
        const entries = drawn.map(({ key, amount: of, isOld }, n) =>
          spent(n, key, of, { ...(isOld ? YESTERDAY : {}), ...(key === 0 ? { payer: { kind: 'master' } } : {}) }),
        )
        const store = await storeWith(...entries)
        const all = await sqlDailyActivity(store.db).sumActivity(TODAY, { apart: ['key'] })
        const leading = await readLeadingKeys(store.db, TODAY, most, bounds)
        if (leading !== undefined) expect(leading).toEqual(all.slice(0, most))
        if (bounds.leaders > 6 && all.length > 0) expect(leading).toBeDefined()
      }),
      { numRuns: 25 },
    )
  })
})
