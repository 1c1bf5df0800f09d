import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { openStore, type Store, type StoreOptions } from '../../src/adapters/sql/open-store.ts'
import { holdFile } from '../../src/adapters/system/hold-file.ts'
import { epochMs } from '../../src/domain/ids.ts'
import { Secret } from '../../src/domain/secret.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { OperatorLog } from '../../src/ports/operator-log.ts'

export const SILENT: OperatorLog = { info: () => {}, warn: () => {}, error: () => {} }
export const REAL_CLOCK: Clock = { now: () => epochMs(Date.now()) }

export interface OpenedStore {
  readonly store: Store
  /** Closes the store and removes its database. */
  readonly close: () => Promise<void>
}

type Overrides = Partial<Omit<StoreOptions, 'databaseUrl'>>

/** An embedded database, fresh unless `dataDir` says where; the directory around it goes away at the close. */
export async function openEmbedded(overrides: Overrides = {}): Promise<OpenedStore & { readonly dataDir: string }> {
  const dataDir = overrides.dataDir ?? join(mkdtempSync(join(tmpdir(), 'latchkey-store-')), 'data')
  const migrated = process.env['LATCHKEY_MIGRATED_STORE']
  const isOrdinary = overrides.dataDir === undefined && overrides.migrations === undefined
  if (migrated !== undefined && isOrdinary) cpSync(migrated, dataDir, { recursive: true })
  const store = await openStore({ ...defaults(dataDir), ...overrides })
  return {
    store,
    dataDir,
    close: async () => {
      await store.close()
      rmSync(dirname(dataDir), { recursive: true, force: true })
    },
  }
}

/** A fresh database on a real PostgreSQL server. */
export async function openServer(overrides: Overrides = {}): Promise<OpenedStore & { readonly url: string }> {
  const database = await createDatabase(EMPTY)
  const store = await openStore({ ...defaults('unused'), ...overrides, databaseUrl: new Secret(database.url) })
  return {
    store,
    url: database.url,
    close: async () => {
      await store.close()
      await database.drop()
    },
  }
}

/** What every new database of a server is a copy of: nothing. */
export const EMPTY = 'template1'

/** A database of one's own: a copy of the one that nothing was done with, where the set-up has made one. */
export async function createDatabase(
  template = process.env['LATCHKEY_FRESH_DATABASE'] ?? EMPTY,
): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const server = serverUrl()
  const name = `latchkey_test_${randomBytes(6).toString('hex')}`
  await runSql(server, `create database ${name} template ${template}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => runSql(server, `drop database ${name} with (force)`) }
}

export async function runSql(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

function defaults(dataDir: string): StoreOptions {
  return { poolSize: 5, dataDir, clock: REAL_CLOCK, log: SILENT, holdFile }
}

/** The server that the global set-up started, or that the caller of the tests named. */
function serverUrl(): string {
  const url = process.env['TEST_DATABASE_URL']
  if (url === undefined || url === '') throw new Error('TEST_DATABASE_URL is not set: run through vitest.config.ts')
  return url
}

/** One store for a whole suite, emptied before each test: opening one takes seconds. */
export function emptied(open: () => Promise<OpenedStore>): { open(): Promise<Store>; close(): Promise<void> } {
  let opened: Promise<OpenedStore> | undefined
  return {
    open: async () => {
      opened ??= open()
      const { store } = await opened
      await empty(store.db)
      return store
    },
    close: async () => (await opened)?.close(),
  }
}

/** Logs of what happened, which refuse to be changed; only the owner of the tables can switch that off. */
const KEPT_FOREVER = ['ledger_entry', 'audit_record', 'audit_head'] as const
const EMPTIED = [
  'ledger_entry',
  'daily_spend',
  'daily_total',
  'daily_row_count',
  'audit_record',
  'spend_total',
  'budget_hold',
  'budget_account',
  'soft_budget_told',
  'rate_window',
  'rate_slot',
  'retired_key_digest',
  'deleted_key',
  'virtual_key',
  'token_revocation',
  'invitation',
  'stored_model',
  'credential',
  'access_group',
  'tag',
  'end_user',
  'team_member',
  'organization_member',
  'deleted_team',
  'team',
  'organization',
  'object_permission',
  'budget',
] as const

/** As after the installation: no rows but the user behind the master key. */
async function empty(db: Store['db']): Promise<void> {
  for (const table of KEPT_FOREVER)
    await sql`alter table ${sql.table(`latchkey.${table}`)} disable trigger user`.execute(db)
  for (const table of EMPTIED) await sql`delete from ${sql.table(`latchkey.${table}`)}`.execute(db)
  await sql`update latchkey.audit_head set sequence = 0, hash = repeat('0', 64)`.execute(db)
  for (const table of KEPT_FOREVER)
    await sql`alter table ${sql.table(`latchkey.${table}`)} enable trigger user`.execute(db)
  await sql`delete from latchkey.user_account where user_id <> 'default_user_id'`.execute(db)
  await sql`delete from latchkey.user_identity`.execute(db)
  await sql`delete from latchkey.former_user`.execute(db)
}
