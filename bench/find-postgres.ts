import type { RunningPostgres } from '../test/support/postgres.ts'
import { startPostgres } from '../test/support/postgres.ts'

/** `DATABASE_URL`, or a PostgreSQL of the tests' own that is started for this run. */
export async function findPostgres(databaseUrl: string | undefined): Promise<RunningPostgres> {
  return databaseUrl === undefined ? startPostgres() : { url: databaseUrl, stop: async () => undefined }
}
