import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dayQuery, entryOf, EVERY_KEY, keyQuery, lineQuery, said, step } from '../../test/support/any-spending.ts'
import type { Step } from '../../test/support/any-spending.ts'
import { spendOf, sumsOf } from '../../test/support/activity-sums.ts'
import { digestOf, makeKey, NOON } from '../../test/support/entries.ts'
import { NaiveBooks } from '../../test/support/naive-lists.ts'
import { ABOUT, makeBudget, makeOrganization, makeTeam, ORIGIN } from '../../test/support/rows.ts'
import { allow } from '../domain/decision.ts'
import { epochMs } from '../domain/ids.ts'
import { writeLedgerLine } from '../domain/ledger-line.ts'
import { NO_LIMITS } from '../domain/limits.ts'
import { picoUsd } from '../domain/money.ts'
import type { LedgerReader, LedgerStore } from './ledger.ts'
import type { ActivityQuery, ActivitySums, ActivityTrait } from './spend-reports.ts'
import type { Registry, Rooms } from './registry.ts'

export interface OpenedSpendReports {
  readonly registry: Registry
  readonly store: LedgerStore
  readonly reader: LedgerReader
  close(): Promise<void>
}

/** What lists of keys, of lines and of days say, whatever has happened before. */
export function describeSpendReports(name: string, open: () => Promise<OpenedSpendReports>): void {
  describe(`lists of what was spent in ${name}`, () => {
    let opened: OpenedSpendReports
    let books: NaiveBooks
    let entries = 0

    beforeEach(async () => {
      opened = await open()
    })
    afterEach(() => opened.close())

    async function write(work: (rooms: Rooms) => Promise<unknown>): Promise<void> {
      await opened.registry.change(ORIGIN, ABOUT, async (rooms) => {
        await work(rooms)
        return allow({ outcome: undefined, records: [] })
      })
    }

    async function take(does: Step): Promise<void> {
      if (does.does === 'insert') {
        const stamps = { createdAt: epochMs(NOON + does.at), updatedAt: epochMs(NOON - does.at) }
        const limits = { ...NO_LIMITS, maxBudget: does.budget }
        const alias = does.named ? `svc É ${does.number}` : undefined
        const key = makeKey(does.number, { ...stamps, limits, teamId: does.teamId, alias })
        if (books.isTaken(key.digest)) return
        books.keys.set(key.digest, key)
        return write(({ keys }) => keys.insert(key))
      }
      if (does.does === 'spend') {
        const made = does.lines.map((each) => entryOf((entries += 1), each))
        books.entries.push(...made)
        await opened.store.keep(made.map(writeLedgerLine))
        return
      }
      if (does.does === 'rotate') {
        const [from, to] = [digestOf(does.from), digestOf(does.to)]
        const key = books.keys.get(from)
        if (key === undefined || books.isTaken(to)) return
        books.rotate(from, { ...key, digest: to })
        return write(({ keys }) => keys.rotate(from, { ...key, digest: to }, undefined))
      }
      const digest = digestOf(does.number)
      if (!books.keys.has(digest)) return
      if (does.does === 'delete') {
        books.keys.delete(digest)
        return write(({ keys }) => keys.archive([digest], 'tests'))
      }
      const amount = books.spentBy(digest)
      books.forgiven.set(digest, (books.forgiven.get(digest) ?? 0n) + amount)
      return write(({ keys }) => keys.forgive(digest, picoUsd(amount)))
    }

    async function live(steps: readonly Step[]): Promise<void> {
      await opened.close()
      opened = await open()
      books = new NaiveBooks()
      await write(async (rooms) => {
        await rooms.budgets.insert(makeBudget('b'))
        await rooms.organizations.insert(makeOrganization('east', 'b'))
        for (const id of ['red', 'blue']) await rooms.teams.insert(makeTeam(id))
      })
      for (const each of steps) await take(each)
    }

    type Cut = Pick<ActivitySums, 'apart'> & { readonly size: number; readonly most: number }

    async function checkDays(query: ActivityQuery, { size, apart, most }: Cut): Promise<void> {
      const { reader } = opened
      const parts = books.sumDays(query)
      expect((await reader.sumActivity(query, { apart: EVERY_TRAIT })).map(textOf).toSorted()).toEqual(
        parts.map(textOf).toSorted(),
      )

      const ranked = await reader.sumActivity(query, { apart })
      expect(sumsOf(ranked, apart)).toEqual(sumsOf(parts, apart))
      expect(ranked.map(({ spend }) => spend)).toEqual(
        ranked.map(({ spend }) => spend).toSorted((one, other) => (one === other ? 0 : one < other ? 1 : -1)),
      )
      const untold = EVERY_TRAIT.filter((trait) => !apart.includes(trait))
      expect(ranked.flatMap((part) => untold.flatMap((trait) => part[trait] ?? []))).toEqual([])
      expect(await reader.sumActivity(query, { apart, most })).toEqual(ranked.slice(0, most))

      const { rows, total } = await reader.dailyActivity(query, { page: 1, size: 1_000 })
      expect([rows.length, sumsOf(rows, EVERY_TRAIT)]).toEqual([total, sumsOf(parts, EVERY_TRAIT)])
      expect(rows.map(({ day }) => day)).toEqual(
        rows
          .map(({ day }) => day)
          .toSorted()
          .toReversed(),
      )
      for (let page = 1; page <= Math.ceil(total / size) + 1; page += 1) {
        const those = rows.slice((page - 1) * size, page * size)
        expect(await reader.dailyActivity(query, { page, size })).toEqual({ rows: those, total })
      }

      const top = await reader.topActivity(query, most)
      const told = top.parts.filter(({ isOfOtherKeys }) => isOfOtherKeys !== true)
      const byKey = [...Map.groupBy(parts, ({ key }) => key)].map(([key, those]) => ({ key, spend: spendOf(those) }))
      const keys = new Set(told.map(({ key }) => key))
      const least = byKey
        .filter(({ key }) => keys.has(key))
        .reduce((sum, { spend }) => (spend < sum ? spend : sum), MOST)
      expect(sumsOf(top.parts, ['day', 'model'])).toEqual(sumsOf(parts, ['day', 'model']))
      expect([top.keys, keys.size]).toEqual([byKey.length, Math.min(byKey.length, most)])
      expect(byKey.filter(({ key, spend }) => spend > least && !keys.has(key))).toEqual([])
      expect(sumsOf(told, ['day', 'key', 'teamId', 'model'])).toEqual(
        sumsOf(
          parts.filter(({ key }) => keys.has(key)),
          ['day', 'key', 'teamId', 'model'],
        ),
      )
      const entities = new Set(parts.flatMap(({ entities: named }) => (named.length === 0 ? [] : [named.join()])))
      const shown = new Set(top.parts.flatMap(({ entities: named }) => (named.length === 0 ? [] : [named.join()])))
      expect([top.entities, shown.size]).toEqual([entities.size, Math.min(entities.size, most)])
    }

    test('every page of every list is what looking at all of it would say', async () => {
      const steps = fc.array(step, { minLength: 8, maxLength: 30, size: 'max' })
      const questions = {
        keys: fc.array(keyQuery, { minLength: 3, maxLength: 6 }),
        lines: fc.array(lineQuery, { minLength: 3, maxLength: 6 }),
        days: fc.array(dayQuery, { minLength: 2, maxLength: 4 }),
      }
      await fc.assert(
        fc.asyncProperty(steps, fc.record(questions), async (history, { keys, lines, days }) => {
          await live(history)
          for (const query of [...EVERY_KEY, ...keys].map(
            (each) => ({ ...said(each), scope: { sees: 'all' } }) as const,
          )) {
            const { rows, total } = await opened.registry.rooms.keys.list(query)
            expect({ rows: rows.map(({ digest }) => digest), total }).toEqual(books.listKeys(query))
          }
          for (const query of lines.map(said)) {
            const { rows, total } = await opened.reader.lines(query)
            expect({ rows: rows.map(({ entryId }) => entryId), total }).toEqual(books.listLines(query))
          }
          for (const { query, ...cut } of days) await checkDays(said(query), cut)
        }),
        { numRuns: 60 },
      )
    })
  })
}

const EVERY_TRAIT: readonly ActivityTrait[] = [
  'day',
  'key',
  'teamId',
  'entities',
  'model',
  'modelGroup',
  'provider',
  'callType',
]
const MOST = 1n << 62n

function textOf(part: object): string {
  const members = Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify(members, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
}
