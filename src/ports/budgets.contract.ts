import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { BudgetModel } from '../../test/support/budget-model.ts'
import { digestOf, holdIdFor, makeEntry, NOON } from '../../test/support/entries.ts'
import type { BudgetLevel } from '../domain/budget-level.ts'
import { epochMs, parseTeamId, parseUserId } from '../domain/ids.ts'
import type { LedgerEntry } from '../domain/ledger-entry.ts'
import { writeLedgerLine } from '../domain/ledger-line.ts'
import { namesModel } from '../domain/model-budget.ts'
import { picoUsd } from '../domain/money.ts'
import type { Budgets, Reservation } from './budgets.ts'
import type { LedgerStore } from './ledger.ts'
import { memberSpendId } from './ledger.ts'

export interface OpenBudgets {
  /** Two of them, as two replicas have; the second one's holds expire at once. */
  readonly budgets: Budgets
  readonly hasty: Budgets
  readonly ledger: LedgerStore
  /** Of every account: what is spent and what is held. */
  readonly accounts: () => Promise<readonly { kind: string; id: string; spent: bigint; held: bigint }[]>
  /** A key's digest becomes an earlier one of another key. */
  readonly retire: (from: string, to: string) => Promise<void>
}

const DAY = 86_400_000
const team = parseTeamId('team-1')
const user = parseUserId('ana@example.com')
const today = { start: epochMs(NOON - DAY / 2), end: epochMs(NOON + DAY / 2) }
const tomorrow = { start: today.end, end: epochMs(today.end + DAY) }

function keyLevel(limit: bigint, more: Partial<BudgetLevel> = {}): BudgetLevel {
  return { kind: 'key', id: digestOf(1), limit: picoUsd(limit), window: undefined, ...more }
}

export function describeBudgets(name: string, open: () => Promise<OpenBudgets>, close: () => Promise<void>): void {
  describe(`budgets: ${name}`, () => {
    let store: OpenBudgets
    let holds = 0

    beforeEach(async () => {
      store = await open()
      holds = 0
    })
    afterAll(close)

    function reserve(levels: readonly BudgetLevel[], least: bigint, most = least, at = NOON): Promise<Reservation> {
      holds += 1
      return store.budgets.reserve({
        holdId: holdIdFor(holds),
        at,
        levels,
        least: picoUsd(least),
        most: picoUsd(most),
      })
    }
    function line(number: number, amount: bigint, more: Partial<LedgerEntry> = {}): string {
      return writeLedgerLine(makeEntry(number, { amount: picoUsd(amount), ...more }))
    }
    async function spentOf(level: BudgetLevel): Promise<bigint> {
      const refused = await reserve([{ ...level, limit: picoUsd(0n) }], 1n)
      return refused.verdict === 'refused' ? refused.spent : -1n
    }
    async function sums(): Promise<readonly (readonly [bigint, bigint])[]> {
      return (await store.accounts()).map(({ spent, held }) => [spent, held] as const)
    }

    test('what does not fit any more is refused, with what is spent and held', async () => {
      expect(await reserve([keyLevel(10n)], 6n)).toEqual({ verdict: 'held', amount: 6n })
      const level = keyLevel(10n)
      expect(await reserve([level], 5n)).toEqual({ verdict: 'refused', level, spent: 0n, held: 6n })
      await store.ledger.keep([line(1, 2n, { holdId: holdIdFor(1) })])
      expect(await reserve([level], 9n)).toEqual({ verdict: 'refused', level, spent: 2n, held: 0n })
      expect(await reserve([level], 8n)).toEqual({ verdict: 'held', amount: 8n })
    })

    test('a call gets what is left, when that is enough for it', async () => {
      expect(await reserve([keyLevel(10n)], 3n, 8n)).toEqual({ verdict: 'held', amount: 8n })
      expect(await reserve([keyLevel(10n)], 3n, 8n)).toMatchObject({ verdict: 'refused' })
      expect(await reserve([keyLevel(10n)], 2n, 8n)).toEqual({ verdict: 'held', amount: 2n })
    })

    test('judging answers as reserving would, and leaves nothing behind', async () => {
      const ask = (levels: readonly BudgetLevel[], least: bigint) => ({
        holdId: holdIdFor(500),
        at: NOON,
        levels,
        least: picoUsd(least),
        most: picoUsd(least + 2n),
      })
      const level = keyLevel(10n)
      expect(await store.budgets.judge(ask([level], 6n))).toEqual({ verdict: 'held', amount: 8n })
      expect(await store.budgets.judge(ask([level], 11n))).toEqual({ verdict: 'refused', level, spent: 0n, held: 0n })
      expect(await sums()).toEqual([])
      await reserve([level], 6n)
      await store.ledger.keep([line(1, 1n)])
      expect(await store.budgets.judge(ask([level], 3n))).toEqual({ verdict: 'held', amount: 3n })
      expect(await store.budgets.judge(ask([level], 4n))).toEqual({ verdict: 'refused', level, spent: 1n, held: 6n })
      expect(await sums()).toEqual([[1n, 6n]])
    })

    test('many who judge at once wait for nobody who judges', async () => {
      const levels = [keyLevel(50n), keyLevel(50n, { kind: 'team', id: 'team-1' })]
      const ask = { holdId: holdIdFor(501), at: NOON, levels, least: picoUsd(30n), most: picoUsd(30n) }
      const judged = await Promise.all([
        ...Array.from({ length: 20 }, () => store.budgets.judge(ask)),
        reserve(levels, 20n),
      ])
      expect(judged.every(({ verdict }) => verdict === 'held')).toBe(true)
      expect(await store.budgets.judge({ ...ask, least: picoUsd(31n) })).toMatchObject({ verdict: 'refused' })
    })

    test('a budget of nothing refuses everything', async () => {
      expect(await reserve([keyLevel(0n)], 1n)).toMatchObject({ verdict: 'refused', spent: 0n, held: 0n })
    })

    test('all levels or none: the first without room is named, and nothing is held anywhere', async () => {
      const levels = [
        keyLevel(100n),
        keyLevel(5n, { kind: 'team', id: 'team-1' }),
        keyLevel(1n, { kind: 'organization', id: 'o' }),
      ]
      expect(await reserve(levels, 6n)).toMatchObject({ verdict: 'refused', level: levels[1] })
      expect((await sums()).every(([spent, held]) => spent === 0n && held === 0n)).toBe(true)
    })

    test('what was spent before there was a budget counts, of the entity and of the window only', async () => {
      const mine = { teamId: team, userId: user }
      await store.ledger.keep([
        line(1, 1n, mine),
        line(2, 2n, { ...mine, startedAt: epochMs(today.start - 1) }),
        line(3, 4n, { teamId: team }),
        line(4, 8n, { userId: user, payer: { kind: 'key', digest: digestOf(2), alias: undefined } }),
      ])
      const id = team !== undefined && user !== undefined ? memberSpendId(team, user) : ''
      expect(await spentOf(keyLevel(0n))).toBe(7n)
      expect(await spentOf(keyLevel(0n, { window: today }))).toBe(5n)
      expect(await spentOf(keyLevel(0n, { kind: 'team', id: 'team-1', window: today }))).toBe(5n)
      expect(await spentOf(keyLevel(0n, { kind: 'member', id, window: today }))).toBe(1n)
      expect(await spentOf(keyLevel(0n, { kind: 'user', id: 'ana@example.com' }))).toBe(11n)
    })

    test('what was spent on a model, under a tag, at a provider and by all counts, of their window only', async () => {
      const before = { startedAt: epochMs(today.start - 1) }
      await store.ledger.keep([
        line(1, 1n, { modelGroup: 'small', provider: 'openai', tags: ['paid', 'x'] }),
        line(2, 2n, { modelGroup: 'openai/small', provider: 'azure', tags: ['x'], ...before }),
        line(3, 4n, { modelGroup: 'large', provider: 'openai', teamId: team, tags: [] }),
        line(4, 8n, {
          modelGroup: 'small',
          payer: { kind: 'key', digest: digestOf(2), alias: undefined },
          provider: 'p',
        }),
      ])
      expect(await spentOf(keyLevel(0n, { models: ['small'] }))).toBe(3n)
      expect(await spentOf(keyLevel(0n, { models: ['small'], window: today }))).toBe(1n)
      expect(await spentOf(keyLevel(0n, { models: ['quick', 'large'] }))).toBe(4n)
      expect(await spentOf(keyLevel(0n, { models: ['s*'] }))).toBe(3n)
      expect(await spentOf(keyLevel(0n, { kind: 'team', id: 'team-1', models: ['large'] }))).toBe(4n)
      expect(await spentOf(keyLevel(0n, { kind: 'tag', id: 'x' }))).toBe(3n)
      expect(await spentOf(keyLevel(0n, { kind: 'tag', id: 'x', window: today }))).toBe(1n)
      expect(await spentOf(keyLevel(0n, { kind: 'tag', id: 'x', models: ['small'], window: today }))).toBe(1n)
      expect(await spentOf(keyLevel(0n, { kind: 'tag', id: 'paid' }))).toBe(1n)
      expect(await spentOf(keyLevel(0n, { kind: 'provider', id: 'openai' }))).toBe(5n)
      expect(await spentOf(keyLevel(0n, { kind: 'all', id: '' }))).toBe(15n)
      expect(await spentOf(keyLevel(0n, { kind: 'all', id: '', window: today }))).toBe(13n)
    })

    test('lines that come later add to the accounts of their model, tags and provider, once', async () => {
      const levels = [
        keyLevel(100n, { models: ['small'] }),
        keyLevel(100n, { models: ['s*'], window: today }),
        keyLevel(100n, { models: ['large'] }),
        keyLevel(100n, { kind: 'tag', id: 'x' }),
        keyLevel(100n, { kind: 'tag', id: 'x', window: today }),
        keyLevel(100n, { kind: 'provider', id: 'openai' }),
        keyLevel(100n, { kind: 'all', id: '' }),
      ]
      await reserve(levels, 10n)
      const settled = line(1, 3n, { modelGroup: 'small', provider: 'openai', tags: ['x', 'y'], holdId: holdIdFor(1) })
      await Promise.all([store.ledger.keep([settled, settled]), store.ledger.keep([settled])])
      await store.ledger.keep([line(2, 5n, { modelGroup: 'azure/large', provider: 'azure' })])
      const spent: bigint[] = []
      for (const level of levels) spent.push(await spentOf({ ...level, limit: picoUsd(0n) }))
      expect(spent).toEqual([3n, 3n, 5n, 3n, 3n, 3n, 8n])
      expect((await store.accounts()).every(({ held }) => held === 0n)).toBe(true)
    })

    test('what is spent is told of budgets that nobody opened, and of those that somebody did', async () => {
      const levels = [
        keyLevel(0n),
        keyLevel(1n, { models: ['small'], window: today }),
        keyLevel(9n, { window: tomorrow }),
      ]
      await store.ledger.keep([line(1, 3n, { modelGroup: 'small' }), line(2, 5n, { modelGroup: 'large' })])
      expect(await store.budgets.spentAt(levels)).toEqual([8n, 3n, 0n])
      expect(await store.accounts()).toEqual([])
      await reserve([keyLevel(100n)], 10n)
      await store.ledger.keep([line(3, 1n, { modelGroup: 'small' })])
      expect(await store.budgets.spentAt(levels)).toEqual([9n, 4n, 0n])
      expect(await store.budgets.spentAt([])).toEqual([])
    })

    test('a name means the same models in the store as it does here', async () => {
      const text = fc.stringMatching(/^[ab%_\\/]{0,4}$/)
      const pattern = fc.stringMatching(/^[ab%_\\/*]{0,4}$/)
      let number = 0
      await fc.assert(
        fc.asyncProperty(pattern, text, text, async (name, modelGroup, provider) => {
          number += 1
          const payer = { kind: 'key', digest: digestOf(number), alias: undefined } as const
          await store.ledger.keep([line(number, 1n, { payer, modelGroup, provider })])
          const level = keyLevel(0n, { id: digestOf(number), models: [name] })
          expect(await spentOf(level)).toBe(namesModel(name, modelGroup, [provider]) ? 1n : 0n)
        }),
        { numRuns: 150 },
      )
    })

    test('INV-27: a model’s budget is never passed by many at once, and leaves those of others alone', async () => {
      const [small, large] = [keyLevel(50n, { models: ['small'] }), keyLevel(50n, { models: ['large'] })]
      const asks = Array.from({ length: 40 }, (_, n) => reserve([n % 2 === 0 ? small : large, keyLevel(1_000n)], 7n))
      const got = await Promise.all(asks)
      expect(got.filter(({ verdict }, n) => n % 2 === 0 && verdict === 'held')).toHaveLength(7)
      expect(got.filter(({ verdict }, n) => n % 2 === 1 && verdict === 'held')).toHaveLength(7)
    })

    test('a rotated key is the same key for the budgets of its models too', async () => {
      const modelGroup = 'a "small" one'
      await reserve([keyLevel(10n, { models: [modelGroup, 'ß'] })], 4n)
      await store.ledger.keep([line(1, 3n, { modelGroup })])
      await store.retire(digestOf(1), digestOf(2))
      const rotated = keyLevel(10n, { id: digestOf(2), models: [modelGroup, 'ß'] })
      expect(await reserve([rotated], 4n)).toMatchObject({ verdict: 'refused', spent: 3n, held: 4n })
      await store.ledger.keep([line(2, 1n, { holdId: holdIdFor(1), modelGroup })])
      expect(await reserve([rotated], 7n)).toMatchObject({ verdict: 'refused', spent: 4n, held: 0n })
      expect(await store.accounts()).toHaveLength(1)
    })

    test('a new window is empty, and a call counts in the window in which it was admitted', async () => {
      expect(await reserve([keyLevel(10n, { window: today })], 10n)).toMatchObject({ verdict: 'held' })
      const late = epochMs(tomorrow.start + 5)
      expect(await reserve([keyLevel(10n, { window: tomorrow })], 10n, 10n, late)).toMatchObject({ verdict: 'held' })
      await store.ledger.keep([line(1, 7n, { startedAt: late, holdId: holdIdFor(1), countedAt: NOON })])
      expect(await reserve([keyLevel(10n, { window: today })], 4n)).toMatchObject({ spent: 7n, held: 0n })
      expect(await reserve([keyLevel(10n, { window: tomorrow })], 1n, 1n, late)).toMatchObject({ spent: 0n, held: 10n })
    })

    test('a hold counts also in a window that was cut anew while its call ran', async () => {
      await reserve([keyLevel(10n)], 10n)
      expect(await reserve([keyLevel(10n, { window: today })], 1n)).toMatchObject({ verdict: 'refused', held: 10n })
    })

    test('a line that comes twice settles once', async () => {
      await reserve([keyLevel(100n)], 10n)
      const settled = line(1, 4n, { holdId: holdIdFor(1) })
      await Promise.all([
        store.ledger.keep([settled, settled]),
        store.ledger.keep([settled]),
        store.ledger.keep([settled]),
      ])
      expect(await sums()).toEqual([[4n, 0n]])
    })

    test('a line without a hold adds to the accounts there are', async () => {
      await reserve([keyLevel(100n)], 10n)
      await store.ledger.keep([line(1, 4n)])
      expect(await sums()).toEqual([[4n, 10n]])
    })

    test('what is released is free, once', async () => {
      await reserve([keyLevel(10n)], 10n)
      await Promise.all([store.budgets.release(holdIdFor(1)), store.budgets.release(holdIdFor(1))])
      await store.budgets.release(holdIdFor(99))
      expect(await sums()).toEqual([[0n, 0n]])
    })

    test('INV-28: a hold that expires counts as spent, until its line comes after all', async () => {
      const ask = { holdId: holdIdFor(1), at: NOON, levels: [keyLevel(10n)], least: picoUsd(8n), most: picoUsd(8n) }
      await store.hasty.reserve(ask)
      expect(await reserve([keyLevel(10n)], 3n)).toMatchObject({ verdict: 'refused', spent: 8n, held: 0n })
      await store.ledger.keep([line(1, 5n, { holdId: holdIdFor(1) })])
      expect(await sums()).toEqual([[5n, 0n]])
      expect(await reserve([keyLevel(10n)], 5n)).toMatchObject({ verdict: 'held' })
    })

    test('a rotated key is the same key: spent, held, and what its earlier digest still settles', async () => {
      await reserve([keyLevel(10n)], 4n)
      await store.ledger.keep([line(1, 3n)])
      await store.retire(digestOf(1), digestOf(2))
      const rotated = keyLevel(10n, { id: digestOf(2) })
      expect(await reserve([rotated], 4n)).toMatchObject({ verdict: 'refused', spent: 3n, held: 4n })
      await store.ledger.keep([line(2, 1n, { holdId: holdIdFor(1) })])
      expect(await reserve([keyLevel(10n)], 6n)).toMatchObject({ verdict: 'held' })
      expect(await reserve([rotated], 1n)).toMatchObject({ verdict: 'refused', spent: 4n, held: 6n })
    })

    test('INV-27: many at once never exceed the limit, also while the account comes into being', async () => {
      await store.ledger.keep([line(900, 50n)])
      const writes = Array.from({ length: 10 }, (_, n) => store.ledger.keep([line(n, 1n)]))
      const asks = Array.from({ length: 50 }, (_, n) => {
        const levels = [keyLevel(150n), keyLevel(1_000n, { kind: 'team', id: 'team-1', window: today })]
        const replica = n % 2 === 0 ? store.budgets : store.hasty
        const ordered = n % 3 === 0 ? levels.toReversed() : levels
        return replica.reserve({
          holdId: holdIdFor(100 + n),
          at: NOON,
          levels: ordered,
          least: picoUsd(10n),
          most: picoUsd(10n),
        })
      })
      const [reservations] = await Promise.all([Promise.all(asks), ...writes])
      const held = reservations.filter(({ verdict }) => verdict === 'held').length
      // Lines that came during the run may have taken one place.
      expect(held).toBeGreaterThanOrEqual(9)
      expect(held).toBeLessThanOrEqual(10)
      const account = (await store.accounts()).find(({ kind }) => kind === 'key')
      expect((account?.spent ?? 0n) + (account?.held ?? 0n)).toBe(60n + BigInt(held) * 10n)
    })

    test('INV-27: no round of simultaneous reservations, all at one moment, passes the limit', async () => {
      for (let round = 1; round <= 20; round += 1) {
        const levels = [keyLevel(50n, { id: digestOf(round) })]
        await reserve(levels, 1n)
        const got = await Promise.all(Array.from({ length: 20 }, () => reserve(levels, 7n)))
        expect(got.filter(({ verdict }) => verdict === 'held')).toHaveLength(7)
      }
    })

    test('an account that comes into being while lines arrive misses none and counts none twice', async () => {
      for (let round = 1; round <= 20; round += 1) {
        const payer = { kind: 'key', digest: digestOf(round), alias: undefined } as const
        const lineOf = (n: number): string => line(round * 100 + n, 1n, { payer })
        const writes = Array.from({ length: 12 }, (_, n) => store.ledger.keep([lineOf(n), lineOf(n + 20)]))
        const level = keyLevel(1_000n, { id: digestOf(round) })
        const asks = Array.from({ length: 4 }, () => reserve([level], 1n))
        await Promise.all([...writes.slice(0, 6), ...asks, ...writes.slice(6)])
      }
      expect(await sums()).toEqual(Array.from({ length: 20 }, () => [24n, 4n]))
    })

    test('any history of reserving, settling and releasing keeps accounts equal to lines and holds', async () => {
      const command = fc.oneof(
        fc.record({
          do: fc.constant('reserve' as const),
          key: fc.integer({ min: 1, max: 2 }),
          withTeam: fc.boolean(),
          isHasty: fc.boolean(),
          least: fc.bigInt(1n, 20n),
          more: fc.bigInt(0n, 20n),
        }),
        fc.record({ do: fc.constant('settle' as const), hold: fc.nat(30), amount: fc.bigInt(0n, 15n) }),
        fc.record({ do: fc.constant('release' as const), hold: fc.nat(30) }),
        fc.record({ do: fc.constant('line' as const), key: fc.integer({ min: 1, max: 2 }), amount: fc.bigInt(0n, 9n) }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
          store = await open()
          const model = new BudgetModel(today)
          for (const [index, step] of commands.entries()) await model.run(step, index, store)
          expect(await model.isTrueOf(store)).toBe(true)
        }),
        { numRuns: 25 },
      )
    })
  })
}
