import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from './postgres.ts'

/**
 * One PostgreSQL for all tests of a run; each suite takes a database of its own. `TEST_DATABASE_URL` brings another. And
 * one place where compiled code is kept, for the hundreds of gateways that are started from the same files.
 */
export async function setup(): Promise<() => Promise<void>> {
  const compiled = mkdtempSync(join(tmpdir(), 'latchkey-compiled-'))
  process.env['NODE_COMPILE_CACHE'] = compiled
  const given = process.env['TEST_DATABASE_URL']
  const postgres = given === undefined || given === '' ? await startPostgres() : undefined
  if (postgres !== undefined) process.env['TEST_DATABASE_URL'] = postgres.url
  return async () => {
    await postgres?.stop()
    rmSync(compiled, { recursive: true, force: true })
  }
}
