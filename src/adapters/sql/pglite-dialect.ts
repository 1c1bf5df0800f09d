import {
  AbortedTransactionError,
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PGliteAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type { PgliteClient } from './pglite-client.ts'

/** Kysely over the worker. The adapter says that there is one connection, so Kysely queues: transactions never mix. */
export function pgliteDialect(client: PgliteClient): Dialect {
  return {
    createAdapter: () => new PGliteAdapter(),
    createDriver: () => driver(client),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

function driver(client: PgliteClient): Driver {
  const connection: DatabaseConnection = {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, affectedRows } = await client.query(query.sql, query.parameters)
      if (!areRows<Row>(rows)) return { rows: [] }
      return { rows, numAffectedRows: BigInt(affectedRows) }
    },
    streamQuery() {
      throw new Error('the embedded database does not stream')
    },
  }
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    beginTransaction: (on) => run(on, 'begin'),
    commitTransaction: () => commit(client),
    rollbackTransaction: (on) => run(on, 'rollback'),
    destroy: () => client.close(),
  }
}

async function run(connection: DatabaseConnection, sql: string): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw(sql))
}

/** The row type of a query is Kysely's inference from `database.ts`; no driver can check it. */
function areRows<Row>(rows: unknown): rows is Row[] {
  return Array.isArray(rows)
}

/** Postgres answers the commit of a failed transaction with a rollback, and no error. */
async function commit(client: PgliteClient): Promise<void> {
  const { command } = await client.query('commit', [])
  if (command === 'ROLLBACK') throw new AbortedTransactionError()
}
