import { type Kysely, sql } from 'kysely'
import type { AccessGroup } from '../../domain/access-group.ts'
import type { Secret } from '../../domain/secret.ts'
import type { StoredCredential } from '../../domain/stored-credential.ts'
import type { StoredModel } from '../../domain/stored-model.ts'
import type { Clock } from '../../ports/clock.ts'
import type { AuditLog } from '../../ports/audit-log.ts'
import type { HoldFile } from '../../ports/file-lock.ts'
import type { Budgets } from '../../ports/budgets.ts'
import type { Directory } from '../../ports/directory.ts'
import type { FactChanges } from '../../ports/fact-changes.ts'
import type { LedgerReader, LedgerStore } from '../../ports/ledger.ts'
import type { Rates } from '../../ports/rates.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'
import type { Registry } from '../../ports/registry.ts'
import type { SoftBudgets } from '../../ports/soft-budgets.ts'
import type { StoreUpkeep } from '../../ports/store-upkeep.ts'
import { openChangeFeed, type OpenChangeLine } from './change-feed.ts'
import { embeddedLine, serverLine } from './change-lines.ts'
import type { Database } from './database.ts'
import { type Installation, openInstallation } from './installation.ts'
import { sqlLedgerReader } from './ledger-reader.ts'
import { sqlLedgerStore } from './ledger-store.ts'
import { migrate, type Migration, readMigrations } from './migrate.ts'
import { openEmbedded } from './open-embedded.ts'
import { openServer } from './open-server.ts'
import { sqlRooms } from './rows/rooms.ts'
import { Touched } from './rows/touched.ts'
import { StoreProblem } from './store-problem.ts'
import { sqlUpkeep } from './tend-tables.ts'
import { sqlAuditLog } from './sql-audit-log.ts'
import { findsDamage } from './database-error.ts'
import { sqlBudgets } from './sql-budgets.ts'
import { sqlRates } from './sql-rates.ts'
import type { SqlRatesOptions } from './sql-rates.ts'
import { sqlDirectory } from './sql-directory.ts'
import { sqlSoftBudgets } from './sql-soft-budgets.ts'
import { sqlRegistry } from './sql-registry.ts'
import type { SeeChange, SeeRecord, SeeRefusal } from './sql-registry.ts'

export interface StoreOptions {
  /** Absent: the embedded database in `dataDir`. */
  readonly databaseUrl?: Secret
  readonly poolSize: number
  readonly dataDir: string
  readonly clock: Clock
  readonly log: OperatorLog
  readonly holdFile: HoldFile
  /** For tests of upgrades. */
  readonly migrations?: readonly Migration[]
}

export interface Store {
  readonly kind: 'embedded' | 'server'
  readonly db: Kysely<Database>
  readonly installation: Installation
  /** Without a cache: every read is the database's answer. */
  readonly directory: Directory
  /** `seen` hears what a change has touched before the change's caller goes on. */
  readonly openRegistry: (
    newAuditId: () => string,
    seen: SeeChange,
    recorded?: SeeRecord,
    refused?: SeeRefusal,
  ) => Registry
  readonly audit: AuditLog
  readonly changes: FactChanges
  readonly readAccessGroups: () => Promise<readonly AccessGroup[]>
  readonly readModels: () => Promise<readonly StoredModel[]>
  readonly readCredentials: () => Promise<readonly StoredCredential[]>
  /** Whether there is anything that only the sealing key opens. */
  readonly hasSealedRows: () => Promise<boolean>
  readonly ledger: LedgerStore
  /** `flushNow` brings this process's own lines to the store, before an account is opened or anything read. */
  readonly openBudgets: (flushNow: () => Promise<void>) => Budgets
  readonly softBudgets: SoftBudgets
  readonly openRates: (options: SqlRatesOptions) => Rates
  readonly readLedger: (flushNow: () => Promise<void>) => LedgerReader
  /** Undefined: the store looks after itself. */
  readonly upkeep: StoreUpkeep | undefined
  /** A real query. Throws when the database does not answer. */
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Opens, checks and migrates the database, or says in a `StoreProblem` why it can't be used. */
export async function openStore(options: StoreOptions): Promise<Store> {
  return options.databaseUrl === undefined ? openEmbeddedStore(options) : openServerStore(options, options.databaseUrl)
}

async function openServerStore(options: StoreOptions, url: Secret): Promise<Store> {
  const db = await openServer(url, options.poolSize, options.log)
  try {
    await migrate(db, options.migrations ?? (await readMigrations()), options.clock)
    const installation = await openInstallation(db, options.clock)
    return assemble(options, {
      kind: 'server',
      db,
      installation,
      line: serverLine(url.reveal()),
      close: () => db.destroy(),
    })
  } catch (error) {
    await db.destroy()
    throw error
  }
}

async function openEmbeddedStore(options: StoreOptions): Promise<Store> {
  const { client, db, expectedId, finish, close } = await openEmbedded(options.dataDir, options.holdFile, options.log)
  try {
    if (expectedId !== undefined) await refuseForeignDatabase(db, expectedId)
    await migrate(db, options.migrations ?? (await readMigrations()), options.clock)
    const installation = await openInstallation(db, options.clock)
    if (expectedId === undefined) await finish(installation.id)
    return assemble(options, { kind: 'embedded', db, installation, line: embeddedLine(client, db), close })
  } catch (error) {
    await close().catch(() => undefined)
    throw findsDamage(error) ? damagedTables(options.dataDir) : error
  }
}

function damagedTables(dataDir: string): StoreProblem {
  return new StoreProblem(
    'damaged',
    `The database in ${dataDir} opens, but its tables are damaged. Restore the directory from a backup.`,
  )
}

/** Before migrating: an empty database in a directory that was in use must not become a new installation. */
async function refuseForeignDatabase(db: Kysely<Database>, expectedId: string): Promise<void> {
  const { rows } = await sql<{ there: boolean }>`
    select to_regclass('latchkey.installation') is not null as there`.execute(db)
  const found =
    rows[0]?.there === true ? await db.selectFrom('installation').select('id').executeTakeFirst() : undefined
  if (found?.id === expectedId) return
  throw new StoreProblem(
    'damaged',
    'The embedded database is not the one that the file "installation" beside it belongs to. Restore both from the same backup.',
  )
}

interface Parts {
  readonly kind: Store['kind']
  readonly db: Kysely<Database>
  readonly installation: Installation
  readonly line: OpenChangeLine
  readonly close: () => Promise<void>
}

function assemble({ clock, log }: StoreOptions, { kind, db, installation, line, close }: Parts): Store {
  const changes = openChangeFeed(line, clock, log)
  const rooms = sqlRooms({ db, locks: false, touched: new Touched() })
  return {
    kind,
    db,
    installation,
    directory: sqlDirectory(db),
    readAccessGroups: () => rooms.accessGroups.list(),
    readModels: () => rooms.models.list(),
    readCredentials: () => rooms.credentials.list(),
    hasSealedRows: async () => {
      const { rows } = await sql<{ there: boolean }>`
        select exists (select 1 from latchkey.stored_model) or exists (select 1 from latchkey.credential) as there
      `.execute(db)
      return rows[0]?.there === true
    },
    openRegistry: (newAuditId, seen, recorded, refused) => sqlRegistry(db, newAuditId, seen, recorded, refused),
    audit: sqlAuditLog(db),
    changes,
    ledger: sqlLedgerStore(db),
    openBudgets: (flushNow) => sqlBudgets(db, { flushNow }),
    softBudgets: sqlSoftBudgets(db),
    openRates: (rates) => sqlRates(db, rates),
    readLedger: (flushNow) => sqlLedgerReader(db, flushNow),
    upkeep: kind === 'embedded' ? sqlUpkeep(db) : undefined,
    ping: async () => {
      await sql`select 1`.execute(db)
    },
    close: async () => {
      await changes.close()
      await close()
    },
  }
}
