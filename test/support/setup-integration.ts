import { startPostgres } from './postgres.ts'

/** One PostgreSQL for all tests of a run; each suite takes a database of its own. `TEST_DATABASE_URL` brings another. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['TEST_DATABASE_URL']
  if (given !== undefined && given !== '') return undefined
  const postgres = await startPostgres()
  process.env['TEST_DATABASE_URL'] = postgres.url
  return () => postgres.stop()
}
