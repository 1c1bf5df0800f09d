import { afterAll, describe, expect, test } from 'vitest'
import { writeLedgerLine } from '../../../src/domain/ledger-line.ts'
import { epochMs, parseEndUserId, parseOrganizationId, parseTeamId, parseUserId } from '../../../src/domain/ids.ts'
import type { LedgerEntry } from '../../../src/domain/ledger-entry.ts'
import { picoUsd } from '../../../src/domain/money.ts'
import type { DailyActivityQuery } from '../../../src/ports/spend-reports.ts'
import type { Scope } from '../../../src/ports/registry.ts'
import { digestOf, makeEntry, NOON } from '../../support/entries.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'

const DAY = 86_400_000
const MIDNIGHT = epochMs(NOON - DAY / 2)

describe.each([
  ['the embedded database', openEmbedded],
  ['a server', openServer],
] as const)('daily activity in %s', (_, open) => {
  const shared = emptied(open)
  afterAll(() => shared.close())

  async function ledgerWith(...entries: readonly LedgerEntry[]) {
    const store = await shared.open()
    await store.ledger.keep(entries.map(writeLedgerLine))
    const reader = store.readLedger(async () => {})
    return {
      reader,
      read: (more: Partial<DailyActivityQuery> = {}) =>
        reader.dailyActivity({
          scope: { sees: 'all' },
          by: 'user',
          only: {},
          except: {},
          from: MIDNIGHT,
          until: epochMs(MIDNIGHT + 10 * DAY),
          days: 'all',
          ...more,
        }),
    }
  }

  test('adds up what agrees, to the last unit', async () => {
    const amount = picoUsd(9_007_199_254_740_993n)
    const { read } = await ledgerWith(
      makeEntry(1, { amount }),
      makeEntry(2, { amount, usage: { ...makeEntry(2).usage, cachedInputTokens: 4, cacheWriteInputTokens: 3 } }),
      makeEntry(3, { amount, status: 'failure' }),
      makeEntry(4, { amount, payer: { kind: 'master' } }),
    )
    const { parts, totalDays } = await read()
    expect(totalDays).toBe(1)
    expect(parts.find(({ key }) => key !== undefined)).toEqual({
      day: '2026-01-15',
      key: digestOf(1),
      keyAlias: undefined,
      teamId: undefined,
      entities: [],
      model: 'gpt-4o-2024-08-06',
      modelGroup: 'gpt-4o',
      provider: 'openai',
      callType: 'acompletion',
      spend: amount * 3n,
      promptTokens: 30,
      completionTokens: 15,
      cacheReadTokens: 4,
      cacheWriteTokens: 3,
      successes: 2,
      failures: 1,
    })
    expect(parts.filter(({ key }) => key === undefined)).toHaveLength(1)
  })

  test('days begin at midnight in UTC, come newest first, and are paged as days', async () => {
    const at = (shift: number): Partial<LedgerEntry> => ({ startedAt: epochMs(MIDNIGHT + shift) })
    const { read } = await ledgerWith(
      makeEntry(1, at(-1)),
      makeEntry(2, at(0)),
      makeEntry(3, at(DAY - 1)),
      makeEntry(4, at(3 * DAY)),
      makeEntry(5, { ...at(3 * DAY), modelGroup: 'o3' }),
      makeEntry(6, at(5 * DAY)),
      makeEntry(7, at(10 * DAY)),
    )
    const page = async (days: DailyActivityQuery['days']) => {
      const { parts, totalDays } = await read({ days })
      return [parts.map(({ day, successes }) => [day, successes]), totalDays]
    }
    const [newest, middle, oldest] = [
      [['2026-01-20', 1]],
      [
        ['2026-01-18', 1],
        ['2026-01-18', 1],
      ],
      [['2026-01-15', 2]],
    ]
    expect(await page('all')).toEqual([[...newest, ...middle, ...oldest], 3])
    expect(await page({ page: 1, size: 2 })).toEqual([[...newest, ...middle], 3])
    expect(await page({ page: 2, size: 2 })).toEqual([oldest, 3])
    expect(await page({ page: 3, size: 2 })).toEqual([[], 3])
  })

  const ANA = parseUserId('ana')
  const TEAM = parseTeamId('search')
  const ORG = parseOrganizationId('acme')
  const some: Extract<Scope, { sees: 'some' }> = {
    sees: 'some',
    organizations: [],
    teams: [],
    userId: undefined,
    keyDigest: undefined,
  }

  test('INV-18: what is out of scope is in no sum and no count of days', async () => {
    const { read, reader } = await ledgerWith(
      makeEntry(1, { userId: ANA }),
      makeEntry(2, { teamId: TEAM, startedAt: epochMs(NOON + DAY) }),
      makeEntry(3, { organizationId: ORG, startedAt: epochMs(NOON + 2 * DAY) }),
      makeEntry(4, { payer: { kind: 'key', digest: digestOf(9), alias: 'nine' }, startedAt: epochMs(NOON + 3 * DAY) }),
    )
    const scopes: readonly (readonly [Scope, number])[] = [
      [{ sees: 'all' }, 4],
      [some, 0],
      [{ ...some, userId: ANA }, 1],
      [{ ...some, teams: TEAM === undefined ? [] : [TEAM] }, 1],
      [{ ...some, organizations: ORG === undefined ? [] : [ORG] }, 1],
      [{ ...some, keyDigest: digestOf(9) }, 1],
      [{ ...some, userId: ANA, keyDigest: digestOf(9) }, 2],
    ]
    for (const [scope, total] of scopes) {
      expect((await read({ scope })).totalDays).toBe(total)
      expect((await read({ scope, days: { page: 1, size: 1 } })).totalDays).toBe(total)
      const range = { from: MIDNIGHT, until: epochMs(MIDNIGHT + 10 * DAY) }
      const page = { sort: 'spend', order: 'asc', page: 1, size: 1, only: {} } as const
      expect((await reader.lines({ scope, ...range, ...page })).total).toBe(total)
      expect(await reader.entries({ scope, limit: 10 })).toHaveLength(total)
    }
  })

  test('names what it is asked by, and filters by anything that a line names', async () => {
    const { read } = await ledgerWith(
      makeEntry(1, {
        userId: ANA,
        teamId: TEAM,
        organizationId: ORG,
        endUserId: parseEndUserId('bo'),
        tags: ['a', 'b'],
      }),
      makeEntry(2, { callerMetadata: { tags: ['a'] } }),
    )
    for (const [by, entities] of [
      ['team', ['search']],
      ['organization', ['acme']],
      ['end_user', ['bo']],
      ['tag', ['a', 'b']],
    ] as const) {
      const [part, ...others] = (await read({ by })).parts
      expect([part?.entities, others]).toEqual([entities, []])
      const calls = async (more: Partial<DailyActivityQuery>) =>
        (await read(more)).parts.reduce((sum, { successes }) => sum + successes, 0)
      expect(await calls({ only: { [by]: [entities[0]] } })).toBe(1)
      expect(await calls({ only: { [by]: ["x' or '1'='1"] } })).toBe(0)
      expect(await calls({ except: { [by]: [entities[0]] } })).toBe(1)
      expect(await calls({ model: 'gpt-4o' })).toBe(2)
      expect(await calls({ model: 'gpt-4o-2024-08-06' })).toBe(2)
      expect(await calls({ model: 'o3' })).toBe(0)
    }
    expect((await read()).parts.flatMap(({ entities }) => entities)).toEqual(['ana'])
  })
})
