import { afterAll, describe, expect, test, vi } from 'vitest'
import { sqlRates } from '../../../src/adapters/sql/sql-rates.ts'
import { epochMs } from '../../../src/domain/ids.ts'
import { LEASE_MS, describeRates } from '../../../src/ports/rates.contract.ts'
import type { RateScope } from '../../../src/domain/rate-scope.ts'
import type { TakenRates } from '../../../src/ports/rates.ts'
import { NOON, digestOf, makeKey, slotIdFor } from '../../support/entries.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'
import { writeRows } from '../../support/write-rows.ts'

const clock = { now: () => NOON }

describe.each([
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
])('in $name', ({ name, open }) => {
  const suite = emptied(open)
  afterAll(() => suite.close())
  describeRates(
    name,
    async () => sqlRates((await suite.open()).db, { windowMs: 60_000, clock, leaseMs: LEASE_MS }),
    async () => {},
  )

  test('a rotated key has used what it had used, under either secret, and its calls under way count', async () => {
    const store = await suite.open()
    const rates = sqlRates(store.db, { windowMs: 60_000, clock, leaseMs: LEASE_MS })
    const scopes = (n: number): readonly RateScope[] => {
      const id = digestOf(n)
      const most = { requests: 3, tokens: 100, parallel: undefined, shownId: 'k' }
      return [
        { ...most, kind: 'api_key', id, parallel: 2 },
        { ...most, kind: 'model_per_key', id: JSON.stringify([id, 'm']), model: 'm' },
      ]
    }
    const take = (n: number, slot: number): Promise<TakenRates> =>
      rates.take({ slotId: slotIdFor(slot), at: NOON, scopes: scopes(n) })

    await writeRows(store, ({ keys }) => keys.insert(makeKey(1)))
    await take(1, 1)
    await writeRows(store, ({ keys }) => keys.rotate(digestOf(1), makeKey(2), epochMs(NOON + 1)))
    const second = await take(2, 2)
    expect(second).toMatchObject({ verdict: 'taken', states: [{ requests: 2, running: 2 }, { requests: 2 }] })
    expect(await take(1, 3)).toMatchObject({ verdict: 'refused', type: 'max_parallel_requests' })

    await rates.finish({ slotId: slotIdFor(1), at: NOON, scopes: scopes(1), tokens: 99 })
    await writeRows(store, ({ keys }) => keys.rotate(digestOf(2), makeKey(3), undefined))
    expect(await take(3, 4)).toMatchObject({ verdict: 'taken', states: [{ requests: 3, tokens: 99 }, { tokens: 99 }] })
    expect(await take(3, 5)).toMatchObject({ verdict: 'refused', type: 'requests' })
  })
})

test('the place of a call is held as long as its process says that it runs', async () => {
  const { store, close } = await openServer()
  try {
    let now = NOON
    const rates = sqlRates(store.db, { windowMs: 60_000, clock: { now: () => now }, leaseMs: 300 })
    const scope = {
      kind: 'api_key',
      id: 'k',
      shownId: 'k',
      requests: undefined,
      tokens: undefined,
      parallel: 1,
    } as const
    const [running, other] = [slotIdFor(1), slotIdFor(2)]
    await rates.take({ slotId: running, at: now, scopes: [scope] })
    now = epochMs(NOON + 100_000)
    const judge = async (): Promise<string> => (await rates.judge({ slotId: other, at: now, scopes: [scope] })).verdict
    await vi.waitFor(async () => expect(await judge()).toBe('refused'), 10_000)
    await rates.finish({ slotId: running, at: now, scopes: [scope], tokens: 0 })
    now = epochMs(NOON + 200_000)
    expect(await judge()).toBe('taken')
  } finally {
    await close()
  }
})
