import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Canaries } from '../hostile/support/canaries.ts'
import { callerOf, good } from './support/caller.ts'
import type { Twins } from './support/realm.ts'
import { startTwins } from './support/realm.ts'

let twins: Twins
let dump: readonly string[]

beforeAll(async () => {
  twins = await startTwins()
  const { master, v1, inTeam } = twins.cast
  good(await inTeam.u2.chat('m1'))
  await master.post('/invitation/new', { user_id: v1.id })
  dump = await everyValue(twins.databaseUrl)
})

afterAll(() => twins.close())

async function everyValue(url: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
    )
    const values = new Set<string>()
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: unknown }>(`select to_jsonb(t) as row from ${name} t limit 500`)
      for (const { row } of rows) for (const value of stringsIn(row)) values.add(value)
    }
    return [...values]
  } finally {
    await client.end()
  }
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(stringsIn)
}

test(
  'AC-040, INV-09: no value of any column authenticates, as it is, as bytes or as a key',
  { timeout: 300_000 },
  async () => {
    expect(dump.length).toBeGreaterThan(100)
    for (const value of dump) {
      const bytes = value.startsWith(String.raw`\x`) ? value.slice(2) : value
      for (const form of new Set([bytes, `sk-${bytes}`])) {
        if (!/^[\x21-\x7e]{1,400}$/.test(form)) continue
        const { status } = await callerOf(twins.here.port, form).get('/v1/models')
        // Whoever guesses this often may be held off (K-14).
        expect.soft([401, 429], form).toContain(status)
      }
    }
  },
)

test('INV-32: a copy of the database holds no key', () => {
  const secrets = new Canaries()
  const { cast } = twins
  for (const name of ['pa', 'pav', 'oa1', 'u1', 'u2', 'u3', 'v1', 'ks1', 'master'] as const) {
    secrets.watch(name, cast[name].key)
  }
  for (const [name, caller] of Object.entries(cast.inTeam)) secrets.watch(`team key of ${name}`, caller.key)
  expect(secrets.foundIn(dump.join('\n'))).toEqual([])
})
