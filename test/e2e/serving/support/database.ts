import { createDatabase as create, runSql } from '../../../support/stores.ts'

export interface TestDatabase {
  readonly url: string
  /** Ends every connection and lets nobody in, as an outage does. */
  shutOut(): Promise<void>
  letIn(): Promise<void>
  drop(): Promise<void>
}

export async function createDatabase(): Promise<TestDatabase> {
  const database = await create()
  const server = new URL(database.url)
  const name = server.pathname.slice(1)
  server.pathname = '/postgres'
  return {
    ...database,
    async shutOut() {
      await runSql(server.href, `alter database ${name} with allow_connections false`)
      await runSql(server.href, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    },
    letIn: () => runSql(server.href, `alter database ${name} with allow_connections true`),
  }
}
