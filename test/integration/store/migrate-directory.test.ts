import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { readMigrations } from '../../../src/adapters/sql/migrate.ts'
import { openStore, type Store } from '../../../src/adapters/sql/open-store.ts'
import { holdFile } from '../../../src/adapters/system/hold-file.ts'
import type { LedgerEntry } from '../../../src/domain/ledger-entry.ts'
import { parseLedgerLine, writeLedgerLine } from '../../../src/domain/ledger-line.ts'
import { NO_LIMITS } from '../../../src/domain/limits.ts'
import { picoUsd } from '../../../src/domain/money.ts'
import { Secret } from '../../../src/domain/secret.ts'
import type { SpendKind } from '../../../src/ports/ledger.ts'
import { memberSpendId } from '../../../src/ports/ledger.ts'
import { newCallId } from '../../../src/adapters/system/chance.ts'
import { epochMs, parseDeploymentId } from '../../../src/domain/ids.ts'
import { NO_USAGE } from '../../../src/domain/usage.ts'
import type { EntityKind, LineQuery } from '../../../src/ports/spend-reports.ts'
import { digestOf, makeEntry, makeKey, NOON } from '../../support/entries.ts'
import { ALL_ROWS, endUserId, teamId, userId } from '../../support/rows.ts'
import { EMPTY, createDatabase, REAL_CLOCK, SILENT } from '../../support/stores.ts'

type Open = (migrations: 'of the foundation' | 'all') => Promise<Store>

async function opener(options: { readonly dataDir: string; readonly databaseUrl?: Secret }): Promise<Open> {
  const every = await readMigrations()
  return (migrations) =>
    openStore({
      ...options,
      poolSize: 2,
      clock: REAL_CLOCK,
      log: SILENT,
      holdFile,
      migrations: migrations === 'all' ? every : every.filter(({ number }) => number === 1),
    })
}

const STORES = [
  {
    name: 'an embedded database',
    withDatabase: async (use: (open: Open) => Promise<void>) => {
      const dataDir = join(mkdtempSync(join(tmpdir(), 'latchkey-migrate-')), 'data')
      await use(await opener({ dataDir }))
      rmSync(dirname(dataDir), { recursive: true, force: true })
    },
  },
  {
    name: 'a PostgreSQL server',
    withDatabase: async (use: (open: Open) => Promise<void>) => {
      const database = await createDatabase(EMPTY)
      await use(await opener({ dataDir: 'unused', databaseUrl: new Secret(database.url) }))
      await database.drop()
    },
  },
]

const ANA = userId("ana o'hara")
const ENTRIES: readonly LedgerEntry[] = [
  makeEntry(1, { amount: picoUsd(1n), userId: ANA, tags: ['prod', 'prod', 'a "b"'] }),
  makeEntry(2, { amount: picoUsd(2n), userId: ANA, endUserId: endUserId('Ωmega'), tags: ['prod'] }),
  makeEntry(3, { amount: picoUsd(4n), payer: { kind: 'key', digest: digestOf(2), alias: undefined } }),
  makeEntry(4, { amount: picoUsd(8n), payer: { kind: 'master' }, userId: userId('nobody'), teamId: teamId('red') }),
  makeEntry(5, { amount: picoUsd(2n ** 63n - 1n), userId: ANA, teamId: teamId('red'), endedAt: epochMs(NOON + 9_000) }),
  makeEntry(7, {
    amount: picoUsd(16n),
    payer: { kind: 'key', digest: digestOf(9), alias: 'as it was' },
    upstreamModel: 'o3',
    deploymentId: parseDeploymentId('d-1'),
    sessionId: 's'.repeat(9_000),
    errorClass: 'upstream-timeout',
    httpStatus: 504,
    usage: { ...NO_USAGE, cachedInputTokens: 3, cacheWriteInputTokens: 2 },
  }),
]

const DETAILS_OF_BEFORE = [
  ['callType', 'call_type'],
  ['endedAt', 'ended_at'],
  ['upstreamModel', 'upstream_model'],
  ['provider', 'provider'],
  ['httpStatus', 'http_status'],
  ['keyAlias', 'key_alias'],
  ['deploymentId', 'deployment_id'],
  ['sessionId', 'session_id'],
  ['errorClass', 'error_class'],
  ['cachedInputTokens', 'cached_input_tokens'],
  ['cacheWriteInputTokens', 'cache_write_input_tokens'],
] as const

/** As spools of earlier versions have it. */
function lineOfBefore(entry: LedgerEntry): string {
  const { detail, ...row } = parseLedgerLine(writeLedgerLine(entry))
  const moved = Object.fromEntries(DETAILS_OF_BEFORE.map(([member, column]) => [member, row[column]]))
  const kept = Object.fromEntries(DETAILS_OF_BEFORE.map(([, column]) => [column, undefined]))
  return JSON.stringify({ ...row, ...kept, detail: { ...detail, ...moved } })
}

/** Keys and lines as the version before wrote them. */
async function fillFoundation({ db }: Store): Promise<void> {
  for (const [number, user] of [
    [1, ANA] as const,
    [2, null] as const,
    [3, ANA] as const,
    [4, 'default_user_id'] as const,
  ]) {
    await sql`insert into latchkey.virtual_key (digest, display_name, alias, user_id, models, model_aliases, allowed_routes,
      enforced_params, tags, metadata, blocked, created_at, created_by, updated_at, updated_by, rotation_count)
      values (${digestOf(number)}, 'sk-...abcd', ${`key ${number}`}, ${user}, '{gpt-4o}', '{}', '{}', '{}', '{}', '{}',
        ${number === 3}, to_timestamp(${(NOON + number) / 1000}), 'default_user_id',
        to_timestamp(${NOON / 1000}), 'default_user_id', 0)`.execute(db)
  }
  await sql`insert into latchkey.ledger_entry (entry_id, at, payer_kind, key_digest, user_id, team_id, end_user_id,
      request_id, amount_pico, model_group, status, prompt_tokens, completion_tokens, detail)
    select entry_id, to_timestamp(at / 1000.0), payer_kind, key_digest, user_id, team_id, end_user_id, request_id,
      amount_pico, model_group, status, prompt_tokens, completion_tokens, detail
    from json_to_recordset(${`[${ENTRIES.map(lineOfBefore).join(',')}]`}::json) as line (
      entry_id uuid, at bigint, payer_kind text, key_digest text, user_id text, team_id text, end_user_id text,
      request_id text, amount_pico bigint, model_group text, status text, prompt_tokens bigint, completion_tokens bigint,
      detail text)`.execute(db)
  await sql`insert into latchkey.retired_key_digest (digest, successor)
    values (${digestOf(8)}, ${digestOf(2)}), (${digestOf(9)}, ${digestOf(2)})`.execute(db)
  await sql`insert into latchkey.key_spend (key_digest, total_pico)
    select key_digest, sum(amount_pico) from latchkey.ledger_entry where key_digest is not null group by key_digest`.execute(
    db,
  )
}

const MOST = 2n ** 63n - 1n
const DAY_MS = 86_400_000
const SUMS: readonly (readonly [SpendKind, string, bigint])[] = [
  ['all', '', 31n + MOST],
  ['user', ANA, 3n + MOST],
  ['user', 'nobody', 8n],
  ['team', 'red', 8n + MOST],
  ['member', memberSpendId(teamId('red'), ANA), MOST],
  ['end_user', 'Ωmega', 2n],
  ['tag', 'prod', 3n],
  ['tag', 'a "b"', 1n],
]

describe.each(STORES)('$name of the version before', ({ withDatabase }) => {
  test('has its keys, users for those that they name, and every sum of its lines after the upgrade', () =>
    withDatabase(async (open) => {
      const before = await open('of the foundation')
      await fillFoundation(before)
      await before.close()

      const store = await open('all')
      const key = await store.directory.findKey(digestOf(3), NOON)
      expect(key?.key).toMatchObject({
        alias: 'key 3',
        userId: ANA,
        models: ['gpt-4o'],
        blocked: true,
        limits: NO_LIMITS,
      })
      expect(key?.key).toEqual(makeKey(3, { ...key?.key }))
      expect((await store.directory.findUser(ANA))?.user).toMatchObject({
        role: 'internal_user',
        blocked: false,
        models: [],
        limits: NO_LIMITS,
        createdAt: NOON + 1,
      })
      expect((await store.directory.findUser(userId('default_user_id')))?.user.role).toBe('proxy_admin')
      expect(await store.directory.findUser(userId('nobody'))).toBeUndefined()

      const reader = store.readLedger(async () => {})
      expect(await reader.spendOfKeys([digestOf(1), digestOf(2), digestOf(3)])).toEqual(
        new Map([
          [digestOf(1), 3n + MOST],
          [digestOf(2), 20n],
        ]),
      )
      for (const [kind, id, sum] of SUMS) {
        expect([kind, await reader.spendOf(kind, [id])]).toEqual([kind, new Map([[id, sum]])])
      }
      expect(await reader.entries({ limit: 10 })).toHaveLength(ENTRIES.length)

      const keys = store.openRegistry(newCallId, async () => {}).rooms.keys
      const bySpend = await keys.list({ ...ALL_ROWS, sort: 'spend', order: 'desc' })
      expect(bySpend.rows.map(({ digest }) => digest)).toEqual([1, 2, 3, 4].map(digestOf))
      expect((await keys.list({ ...ALL_ROWS, sort: 'token', aliasPart: 'KEY 3' })).total).toBe(1)

      const lines = {
        ...ALL_ROWS,
        sort: 'endTime',
        order: 'desc',
        from: epochMs(0),
        until: epochMs(NOON + 1),
        only: {},
      } as const
      expect((await reader.lines(lines)).rows[0]?.entryId).toBe(makeEntry(5).entryId)
      const filters: readonly Partial<LineQuery>[] = [
        { model: 'o3' },
        { keyAlias: 'as it was' },
        { sessionId: 's'.repeat(9_000) },
        { errorPart: 'TIME' },
        { httpStatus: '504' },
        { deploymentId: 'd-1' },
      ]
      for (const filter of filters) {
        const found = await reader.lines({ ...lines, ...filter })
        expect([filter, found.rows]).toEqual([filter, [ENTRIES[5]]])
      }
      const days = {
        scope: { sees: 'all' },
        from: epochMs(0),
        until: epochMs(NOON + DAY_MS),
        only: {},
        except: [],
      } as const
      const { rows } = await reader.dailyActivity({ ...days, by: 'user', model: 'o3' }, { page: 1, size: 10 })
      expect(rows).toMatchObject([{ key: digestOf(2), keyAlias: 'as it was', cacheReadTokens: 3, cacheWriteTokens: 2 }])
      const spent = async (by: EntityKind) =>
        (await reader.sumActivity({ ...days, by }, { apart: ['entities'] })).map(({ entities, spend }) => [
          entities,
          spend,
        ])
      expect(await spent('team')).toEqual([[['red'], 8n + MOST]])
      expect(await spent('end_user')).toEqual([[['Ωmega'], 2n]])
      expect(await spent('tag')).toEqual([
        [['prod'], 2n],
        [['prod', 'a "b"'], 1n],
      ])
      const sum = async () =>
        (await reader.sumActivity({ ...days, by: 'user' }, { apart: ['day'] })).map(({ spend }) => spend)
      expect(await sum()).toEqual([31n + MOST])
      await expect(sql`update latchkey.ledger_entry set session_id = 'x'`.execute(store.db)).rejects.toThrow(
        'append-only',
      )

      const late = makeEntry(8, { ...ENTRIES[5], entryId: makeEntry(8).entryId, amount: picoUsd(0n) })
      await store.ledger.keep([
        writeLedgerLine(makeEntry(1)),
        lineOfBefore({ ...late, sessionId: 'late' }),
        writeLedgerLine(makeEntry(6, { ...ENTRIES[1], entryId: makeEntry(6).entryId })),
      ])
      expect((await reader.spendOf('tag', ['prod'])).get('prod')).toBe(5n)
      expect(await sum()).toEqual([33n + MOST])
      expect((await reader.spendOf('user', [ANA])).get(ANA)).toBe(5n + MOST)
      expect((await reader.lines({ ...lines, sessionId: 'late' })).rows).toEqual([{ ...late, sessionId: 'late' }])
      await store.close()
    }))
})
