import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { Secret } from '../../domain/secret.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'
import { COLUMN_PARSERS } from './column-types.ts'
import type { Database } from './database.ts'
import { faultOf } from './database-error.ts'
import { endSilence } from './end-silence.ts'
import { RANDOM_PAGE_COST } from './page-cost.ts'
import { StoreProblem } from './store-problem.ts'

/** F-02: nobody waits for five seconds. */
const CONNECT_TIMEOUT_MS = 4_000
const OLDEST_VERSION = 140_000

/** A pool on a PostgreSQL server that was reached, let us in, and is new enough. */
export async function openServer(url: Secret, poolSize: number, log: OperatorLog): Promise<Kysely<Database>> {
  const pool = makePool(url, poolSize)
  pool.on('error', (error) => log.warn('an idle database connection was lost', { code: faultOf(error).code ?? 'none' }))
  // The pool stops listening to a connection that it hands out, and an error that nobody hears ends the process. Whoever
  // uses the connection hears of it by the query.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({
      pool,
      // By a statement and not as start-up parameters, which poolers between us and the server refuse.
      onCreateConnection: async (connection) => {
        await connection.executeQuery(SESSION)
      },
    }),
  })
  try {
    await refuseOldServer(db)
  } catch (error) {
    await db.destroy()
    throw error instanceof StoreProblem ? error : explain(error, addressOf(url))
  }
  return db.withSchema('latchkey')
}

const SESSION = CompiledQuery.raw(`select
  set_config('statement_timeout', '10s', false),
  set_config('idle_in_transaction_session_timeout', '15s', false),
  set_config('search_path', 'pg_catalog, pg_temp', false),
  set_config('datestyle', 'ISO', false),
  set_config('random_page_cost', '${RANDOM_PAGE_COST}', false)`)

function makePool(url: Secret, poolSize: number): pg.Pool {
  try {
    const connection = { connectionString: url.reveal(), application_name: 'latchkey', keepAlive: true }
    const limits = { max: poolSize, connectionTimeoutMillis: CONNECT_TIMEOUT_MS }
    const pool = new pg.Pool({ ...connection, ...limits, types: columnTypes() })
    endSilence(pool, connection)
    return pool
  } catch {
    // The driver's own error quotes the URL, password included.
    throw new StoreProblem('unreachable', 'The database URL is not a PostgreSQL connection URL.')
  }
}

function columnTypes(): pg.TypeOverrides {
  const types = new pg.TypeOverrides()
  for (const [oid, parse] of Object.entries(COLUMN_PARSERS)) types.setTypeParser(Number(oid), parse)
  return types
}

async function refuseOldServer(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ version: string; number: number }>`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number`.execute(
    db,
  )
  const [server] = rows
  if (server !== undefined && server.number >= OLDEST_VERSION) return
  throw new StoreProblem(
    'too-old',
    `PostgreSQL 14 or newer is needed; this server is ${server?.version ?? 'of an unknown version'}.`,
  )
}

/** Built from the error's code, never from its text. */
function explain(error: unknown, address: string): StoreProblem {
  const code = faultOf(error).code ?? ''
  if (code.startsWith('28'))
    return new StoreProblem('refused-login', `The database at ${address} refused the user or the password.`)
  if (code === '3D000')
    return new StoreProblem('refused-login', `The server at ${address} has no database of that name.`)
  if (code.startsWith('42')) {
    return new StoreProblem(
      'refused-login',
      `The database user at ${address} is not allowed what we need (SQLSTATE ${code}).`,
    )
  }
  const detail = code === '' ? 'no answer in time' : code
  return new StoreProblem('unreachable', `The database at ${address} can't be reached (${detail}).`)
}

function addressOf(url: Secret): string {
  const parsed = URL.parse(url.reveal())
  if (parsed === null || parsed.hostname === '') return 'the configured address'
  return `${parsed.hostname}:${parsed.port === '' ? '5432' : parsed.port}`
}
