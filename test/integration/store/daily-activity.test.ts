import { afterAll, describe, expect, test } from 'vitest'
import { writeLedgerLine } from '../../../src/domain/ledger-line.ts'
import { epochMs, parseEndUserId, parseOrganizationId, parseTeamId, parseUserId } from '../../../src/domain/ids.ts'
import type { LedgerEntry } from '../../../src/domain/ledger-entry.ts'
import { picoUsd } from '../../../src/domain/money.ts'
import type { ActivityQuery } from '../../../src/ports/spend-reports.ts'
import type { Scope } from '../../../src/ports/registry.ts'
import { digestOf, makeEntry, NOON } from '../../support/entries.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'

const DAY = 86_400_000
const MIDNIGHT = epochMs(NOON - DAY / 2)

const TEN_DAYS: ActivityQuery = {
  scope: { sees: 'all' },
  by: 'user',
  only: {},
  except: [],
  from: MIDNIGHT,
  until: epochMs(MIDNIGHT + 10 * DAY),
}

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
      store,
      read: async (more: Partial<ActivityQuery> = {}, page = { page: 1, size: 1_000 }) => {
        const { rows: parts, total } = await reader.dailyActivity({ ...TEN_DAYS, ...more }, page)
        // However the rows are counted, a page that has room left says how many there are.
        if (parts.length < page.size && page.page === 1) expect(total).toBe(parts.length)
        return { parts, total }
      },
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
    const { parts, total } = await read()
    expect(total).toBe(2)
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

  test('days begin at midnight in UTC, come newest first, and are paged by rows', async () => {
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
    const pages = await Promise.all([1, 2, 3].map((page) => read({}, { page, size: 2 })))
    expect(pages.map(({ parts, total }) => [parts.map(({ day, successes }) => [day, successes]), total])).toEqual([
      [
        [
          ['2026-01-20', 1],
          ['2026-01-18', 1],
        ],
        4,
      ],
      [
        [
          ['2026-01-18', 1],
          ['2026-01-15', 2],
        ],
        4,
      ],
      [[], 4],
    ])
  })

  test('a day has as many rows as there are keys, people and models, however many customers and tags', async () => {
    const { read } = await ledgerWith(
      ...['c1', 'c2', 'c3'].map((customer, n) =>
        makeEntry(n, { endUserId: parseEndUserId(customer), tags: [`t-${n}`], userId: parseUserId('ana') }),
      ),
    )
    expect((await read()).parts.map(({ successes }) => successes)).toEqual([3])
    expect((await read({ by: 'end_user' })).parts.flatMap(({ entities }) => entities).toSorted()).toEqual([
      'c1',
      'c2',
      'c3',
    ])
    expect((await read({ only: { end_user: ['c1', 'c2'] } })).total).toBe(2)
  })

  test('a line that is sent twice, and one whose writing fails, count once and not at all', async () => {
    const { read, store } = await ledgerWith(makeEntry(1, {}))
    await store.ledger.keep([writeLedgerLine(makeEntry(1, {})), writeLedgerLine(makeEntry(2, {}))])
    const broken = writeLedgerLine(makeEntry(4, {})).replace('"success"', '"neither"')
    expect(await store.ledger.keep([writeLedgerLine(makeEntry(3, {})), broken])).toBe('refused')
    expect((await read()).parts.map(({ successes }) => successes)).toEqual([2])
  })

  test('replicas that write the same days at once lose nothing', async () => {
    const { read, store } = await ledgerWith()
    const lines = Array.from({ length: 60 }, (_, n) => writeLedgerLine(makeEntry(n, { modelGroup: `m${n % 3}` })))
    await Promise.all(
      [0, 1, 2, 3, 4, 5].map((n) =>
        store.ledger.keep(lines.slice(n * 10, n * 10 + 10).toSorted(() => (n % 2) * 2 - 1)),
      ),
    )
    expect((await read()).parts.map(({ successes }) => successes)).toEqual([20, 20, 20])
  })

  test('names of models that a caller made long are cut, and every line is kept', async () => {
    const long = '𝕏'.repeat(400)
    const { read, reader } = await ledgerWith(makeEntry(1, { modelGroup: long, upstreamModel: long }))
    const [part] = (await read()).parts
    expect([part?.model, part?.modelGroup]).toEqual(['𝕏'.repeat(255), '𝕏'.repeat(255)])
    expect(await reader.entries({ scope: { sees: 'all' }, limit: 10 })).toHaveLength(1)
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
    const scopes: readonly (readonly [Scope, lines: number, keys: number])[] = [
      [{ sees: 'all' }, 4, 2],
      [some, 0, 0],
      [{ ...some, userId: ANA }, 1, 1],
      [{ ...some, teams: TEAM === undefined ? [] : [TEAM] }, 1, 1],
      [{ ...some, organizations: ORG === undefined ? [] : [ORG] }, 1, 1],
      [{ ...some, keyDigest: digestOf(9) }, 1, 1],
      [{ ...some, userId: ANA, keyDigest: digestOf(9) }, 2, 2],
    ]
    for (const [scope, total, keys] of scopes) {
      expect((await read({ scope }, { page: 1, size: 1 })).total).toBe(total)
      expect(await reader.sumActivity({ ...TEN_DAYS, scope }, { apart: ['day'] })).toHaveLength(total)
      expect((await reader.topActivity({ ...TEN_DAYS, scope }, 5)).keys).toBe(keys)
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
      const calls = async (more: Partial<ActivityQuery>) =>
        (await read(more)).parts.reduce((sum, { successes }) => sum + successes, 0)
      expect(await calls({ only: { [by]: [entities[0]] } })).toBe(1)
      expect(await calls({ only: { [by]: ["x' or '1'='1"] } })).toBe(0)
      expect(await calls({ by, except: [entities[0]] })).toBe(0)
      expect(await calls({ model: 'gpt-4o' })).toBe(2)
      expect(await calls({ model: 'gpt-4o-2024-08-06' })).toBe(2)
      expect(await calls({ model: 'o3' })).toBe(0)
    }
    expect((await read()).parts.flatMap(({ entities }) => entities)).toEqual(['ana'])
    expect((await read({ except: ['ana'] })).parts.map(({ entities, successes }) => [entities, successes])).toEqual([
      [[], 1],
    ])
  })
})
