import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Clock } from '../../ports/clock.ts'
import { timestampText } from './column-types.ts'
import type { Database } from './database.ts'
import { StoreProblem } from './store-problem.ts'

export interface Migration {
  readonly number: number
  readonly name: string
  readonly sha256: string
  readonly text: string
}

const FILE_NAME = /^(\d{4})-([a-z0-9-]+)\.sql$/
/** Any number that nobody else takes; spells `ltchky`. */
const ADVISORY_LOCK = 0x6c7463686b79

/** The numbered `.sql` files beside this module, in order. */
export async function readMigrations(
  directory = new URL('./migrations/', import.meta.url),
): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => FILE_NAME.test(name)).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, directory), 'utf8')
      const [, digits = '', title = ''] = FILE_NAME.exec(name) ?? []
      return { number: Number(digits), name: title, sha256: createHash('sha256').update(text).digest('hex'), text }
    }),
  )
}

/** Brings the schema up to date, one transaction per migration; several processes may call it at once. */
export async function migrate(db: Kysely<Database>, migrations: readonly Migration[], clock: Clock): Promise<void> {
  while (await db.transaction().execute((transaction) => applyNext(transaction, migrations, clock)));
}

async function applyNext(
  transaction: Transaction<Database>,
  migrations: readonly Migration[],
  clock: Clock,
): Promise<boolean> {
  await sql`set local statement_timeout = 0`.execute(transaction)
  await sql`select pg_advisory_xact_lock(${sql.lit(ADVISORY_LOCK)})`.execute(transaction)
  await createLedgerOfMigrations(transaction)

  const applied = await transaction.selectFrom('schema_migration').selectAll().orderBy('number').execute()
  refuseStrangers(applied, migrations)
  const next = migrations.find(({ number }) => !applied.some((row) => row.number === number))
  if (next === undefined) return false

  await sql.raw(next.text).execute(transaction)
  const { number, name, sha256 } = next
  await transaction
    .insertInto('schema_migration')
    .values({ number, name, sha256, applied_at: timestampText(clock.now()) })
    .execute()
  return true
}

async function createLedgerOfMigrations(transaction: Transaction<Database>): Promise<void> {
  const { rows } = await sql<{ there: boolean }>`
    select to_regclass('latchkey.schema_migration') is not null as there`.execute(transaction)
  if (rows[0]?.there === true) return
  // `create schema if not exists` asks for the right to create one even when it is there.
  const schema = await sql<{ there: boolean }>`select to_regnamespace('latchkey') is not null as there`.execute(
    transaction,
  )
  if (schema.rows[0]?.there !== true) await sql`create schema latchkey`.execute(transaction)
  await sql`create table latchkey.schema_migration (
    number integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null
  )`.execute(transaction)
}

function refuseStrangers(
  applied: readonly { readonly number: number; readonly name: string; readonly sha256: string }[],
  migrations: readonly Migration[],
): void {
  for (const row of applied) {
    const known = migrations.find(({ number }) => number === row.number)
    const title = `${String(row.number).padStart(4, '0')}-${row.name}`
    if (known === undefined) {
      throw new StoreProblem(
        'newer-than-us',
        `The database was brought up to migration ${title}, which this version does not know. Start the newer version.`,
      )
    }
    if (known.sha256 !== row.sha256) {
      throw new StoreProblem(
        'migration-changed',
        `Migration ${title} is not the one that was applied to this database. Start the version that applied it, or a newer release.`,
      )
    }
  }
}
