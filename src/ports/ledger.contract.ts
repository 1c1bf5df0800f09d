import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf, entryIdOf, makeEntry, makeKey, NOON } from '../../test/support/entries.ts'
import { ABOUT, ALL_ROWS, endUserId, organizationId, ORIGIN, teamId, userId } from '../../test/support/rows.ts'
import { allow } from '../domain/decision.ts'
import { epochMs, parseDeploymentId, parseEndUserId, parseTeamId, parseUserId } from '../domain/ids.ts'
import type { LedgerEntry } from '../domain/ledger-entry.ts'
import { writeLedgerLine } from '../domain/ledger-line.ts'
import { picoUsd } from '../domain/money.ts'
import type { LedgerReader, LedgerStore, SpendKind } from './ledger.ts'
import { memberSpendId } from './ledger.ts'
import type { Registry, Rooms } from './registry.ts'

export interface OpenedLedger {
  readonly store: LedgerStore
  readonly reader: LedgerReader
  /** Through which keys are made and rotated. */
  readonly registry: Registry
  close(): Promise<void>
}

const DAY_MS = 86_400_000

/** What every shared ledger promises. */
export function describeLedger(name: string, open: () => Promise<OpenedLedger>): void {
  describe(`the ledger in ${name}`, () => {
    let ledger: OpenedLedger

    beforeEach(async () => {
      ledger = await open()
    })
    afterEach(() => ledger.close())

    function keep(...entries: readonly LedgerEntry[]): Promise<'kept' | 'refused'> {
      return ledger.store.keep(entries.map(writeLedgerLine))
    }

    async function write(work: (rooms: Rooms) => Promise<unknown>): Promise<void> {
      await ledger.registry.change(ORIGIN, ABOUT, async (rooms) => {
        await work(rooms)
        return allow({ outcome: undefined, records: [] })
      })
    }

    async function spendOf(number: number): Promise<bigint | undefined> {
      return (await ledger.reader.spendOfKeys([digestOf(number)])).get(digestOf(number))
    }

    test('a line comes back as it was written, field for field', async () => {
      const entry = makeEntry(1, {
        payer: { kind: 'key', digest: digestOf(7), alias: `it's "me" 🗝️` },
        userId: parseUserId("o'brien@example.com"),
        teamId: parseTeamId('team; drop table x'),
        endUserId: parseEndUserId('end "user"'),
        amount: picoUsd(9_223_372_036_854_775_807n),
        pricing: 'unpriced',
        usage: {
          inputTokens: 1,
          outputTokens: 2,
          cachedInputTokens: 3,
          cacheWriteInputTokens: 4,
          audioInputTokens: 5,
          reasoningTokens: 6,
          audioOutputTokens: 7,
        },
        usageFrom: 'estimated',
        status: 'failure',
        cutShort: true,
        firstByteAt: epochMs(NOON + 1),
        deploymentId: parseDeploymentId('d-1'),
        errorClass: 'upstream-timeout',
        retries: 2,
        tags: ['a', 'User-Agent: x'],
        sessionId: 's',
        clientAddress: '::1',
        callerMetadata: { 'k"ey': ['deep', { x: null }], text: 'line\nbreak \\u0041' },
      })
      expect(await keep(entry)).toBe('kept')
      expect(await ledger.reader.entries({ limit: 10 })).toEqual([entry])
    })

    test('a line of the master key and of a call with nothing known comes back as well', async () => {
      const entry = makeEntry(1, { payer: { kind: 'master' }, amount: picoUsd(0n), pricing: 'free', usageFrom: 'none' })
      await keep(entry)
      expect(await ledger.reader.entries({ limit: 10 })).toEqual([entry])
    })

    test('text that no database can hold never stops a line', async () => {
      await keep(makeEntry(1, { requestId: 'nul\0half\ud800', callerMetadata: { 'a\0': '\udfff ok \\u0000' } }))
      const [entry] = await ledger.reader.entries({ limit: 1 })
      expect(entry?.requestId).toBe('nul\ufffdhalf\ufffd')
      expect(entry?.callerMetadata).toEqual({ 'a\ufffd': '\ufffd ok \\u0000' })
    })

    test('a line that comes twice counts once, in one batch, in two, and at the same time', async () => {
      const entry = makeEntry(1)
      await keep(entry, entry, makeEntry(2))
      await Promise.all([keep(entry, makeEntry(3)), keep(makeEntry(3), entry), keep(makeEntry(2))])
      expect(await ledger.reader.entries({ limit: 10 })).toHaveLength(3)
      expect(await spendOf(1)).toBe(3n * 13_500_000n)
    })

    test('a repeated id changes nothing, whatever the second line says', async () => {
      await keep(makeEntry(1))
      await keep(makeEntry(1, { amount: picoUsd(999n), payer: { kind: 'key', digest: digestOf(2), alias: undefined } }))
      expect(await spendOf(1)).toBe(13_500_000n)
      expect(await spendOf(2)).toBeUndefined()
    })

    test("a key's spend is the sum of its lines, however many writers there are", async () => {
      const batches = Array.from({ length: 12 }, (_, batch) =>
        Array.from({ length: 20 }, (_unused, n) => {
          const number = batch * 15 + n
          const payer = { kind: 'key', digest: digestOf((number % 3) + 1), alias: undefined } as const
          return makeEntry(number, { payer, amount: picoUsd(BigInt(number)) })
        }),
      )
      await Promise.all(batches.map((batch) => keep(...batch)))
      const entries = await ledger.reader.entries({ limit: 1_000 })
      expect(entries).toHaveLength(11 * 15 + 20)
      for (const number of [1, 2, 3]) {
        const own = entries.filter(({ payer }) => payer.kind === 'key' && payer.digest === digestOf(number))
        expect(await spendOf(number)).toBe(own.reduce((sum, { amount }) => sum + amount, 0n))
      }
    })

    test('spend beyond what a line holds is summed exactly', async () => {
      const most = picoUsd(2n ** 63n - 1n)
      await keep(makeEntry(1, { amount: most }), makeEntry(2, { amount: most }))
      await keep(makeEntry(3, { amount: most }))
      expect(await spendOf(1)).toBe(3n * most)
    })

    test('a rotated key keeps what it spent, also what its earlier digests spend later', async () => {
      await write(({ keys }) => keys.insert(makeKey(1)))
      await keep(makeEntry(1))
      await write(({ keys }) => keys.rotate(digestOf(1), makeKey(2), undefined))
      await write(({ keys }) => keys.rotate(digestOf(2), makeKey(3), undefined))
      await keep(makeEntry(2), makeEntry(3, { payer: { kind: 'key', digest: digestOf(3), alias: undefined } }))
      expect(await spendOf(3)).toBe(3n * 13_500_000n)
      expect(await ledger.reader.entries({ key: digestOf(3), limit: 10 })).toHaveLength(3)
      await write(({ keys }) => keys.insert(makeKey(9)))
      const sorted = await ledger.registry.rooms.keys.list({ ...ALL_ROWS, sort: 'spend', order: 'desc' })
      expect(sorted.rows.map((key) => key.digest)).toEqual([digestOf(3), digestOf(9)])
    })

    test('spend is summed by whatever a line names, and by nothing that it does not name', async () => {
      const member = memberSpendId(teamId('t "1"'), userId("o'brien"))
      const full = {
        userId: userId("o'brien"),
        teamId: teamId('t "1"'),
        organizationId: organizationId('org'),
        endUserId: endUserId('Ωmega'),
        tags: ['prod', 'a "b"', 'prod'],
      }
      await keep(makeEntry(1, { ...full, amount: picoUsd(1n) }), makeEntry(2, { ...full, amount: picoUsd(2n) }))
      await keep(makeEntry(2, { ...full, amount: picoUsd(2n) }), makeEntry(3, { amount: picoUsd(4n) }))
      await keep(makeEntry(4, { payer: { kind: 'master' }, userId: userId('bob'), amount: picoUsd(8n) }))
      const sums: readonly (readonly [SpendKind, string, bigint])[] = [
        ['all', '', 15n],
        ['user', "o'brien", 3n],
        ['user', 'bob', 8n],
        ['team', 't "1"', 3n],
        ['member', member, 3n],
        ['organization', 'org', 3n],
        ['end_user', 'Ωmega', 3n],
        ['tag', 'prod', 3n],
        ['tag', 'a "b"', 3n],
      ]
      for (const [kind, id, sum] of sums) {
        expect([kind, await ledger.reader.spendOf(kind, [id, 'nobody'])]).toEqual([kind, new Map([[id, sum]])])
      }
      expect(await ledger.reader.spendOf('user', [])).toEqual(new Map())
    })

    test('a member is one user in one team, however the two are spelled', async () => {
      const ids = ['a', 'a","b', 'b', 'a, b'].flatMap((team) =>
        ['a', 'b', '","b'].map((user) => memberSpendId(teamId(team), userId(user))),
      )
      expect(new Set(ids).size).toBe(12)
    })

    test('lines come newest first and are filtered by request, user and time', async () => {
      const ana = parseUserId('ana@example.com')
      await keep(
        makeEntry(1, { startedAt: NOON, userId: ana, requestId: 'same' }),
        makeEntry(2, { startedAt: epochMs(NOON + 2), requestId: 'same' }),
        makeEntry(3, { startedAt: epochMs(NOON + 1), userId: ana }),
      )
      async function ids(filter: Parameters<LedgerReader['entries']>[0]): Promise<readonly string[]> {
        return (await ledger.reader.entries(filter)).map((entry) => entry.entryId)
      }
      expect(await ids({ limit: 10 })).toEqual([2, 3, 1].map(entryIdOf))
      expect(await ids({ limit: 2 })).toEqual([2, 3].map(entryIdOf))
      expect(await ids({ limit: 10, requestId: 'same' })).toEqual([2, 1].map(entryIdOf))
      expect(await ids({ limit: 10, requestId: "same' or 1=1" })).toEqual([])
      expect(await ids({ limit: 10, ...(ana === undefined ? {} : { userId: ana }) })).toEqual([3, 1].map(entryIdOf))
      expect(await ids({ limit: 10, from: epochMs(NOON + 1), until: epochMs(NOON + 2) })).toEqual([3].map(entryIdOf))
      expect(await ledger.reader.has(entryIdOf(3))).toBe(true)
      expect(await ledger.reader.has(entryIdOf(4))).toBe(false)
    })

    test('days are days in UTC, newest first, and their parts add up', async () => {
      const midnight = NOON + DAY_MS / 2
      await keep(
        makeEntry(1, { startedAt: epochMs(midnight - 1), amount: picoUsd(1n), userId: parseUserId('ana') }),
        makeEntry(2, { startedAt: epochMs(midnight), amount: picoUsd(2n), modelGroup: 'small' }),
        makeEntry(3, { startedAt: epochMs(midnight), amount: picoUsd(4n), payer: { kind: 'master' } }),
      )
      expect(await ledger.reader.daily({})).toEqual([
        {
          day: '2026-01-16',
          total: 6n,
          byKey: new Map([[digestOf(1), 2n]]),
          byUser: new Map(),
          byModel: new Map([
            ['gpt-4o', 4n],
            ['small', 2n],
          ]),
        },
        {
          day: '2026-01-15',
          total: 1n,
          byKey: new Map([[digestOf(1), 1n]]),
          byUser: new Map([['ana', 1n]]),
          byModel: new Map([['gpt-4o', 1n]]),
        },
      ])
      expect(await ledger.reader.daily({ from: epochMs(midnight + 1) })).toEqual([])
    })
  })
}
