import { createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CachedDirectory } from '../../../src/adapters/cache/cached-directory.ts'
import { openStore } from '../../../src/adapters/sql/open-store.ts'
import { holdFile } from '../../../src/adapters/system/hold-file.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { digestOf, makeKey } from '../../support/entries.ts'
import { makeTeam, makeUser, teamId, userId } from '../../support/rows.ts'
import { EMPTY, createDatabase, openServer, REAL_CLOCK, runSql, SILENT } from '../../support/stores.ts'
import { writeRows } from '../../support/write-rows.ts'

const OPTIONS = { poolSize: 2, dataDir: 'unused', clock: REAL_CLOCK, log: SILENT, holdFile }

function start(url: string): ReturnType<typeof openStore> {
  return openStore({ ...OPTIONS, databaseUrl: new Secret(url) })
}

async function refusal(url: string): Promise<string> {
  const error = await start(url).then(
    () => new Error('started'),
    (problem: unknown) => problem,
  )
  const everything = `${String(error)} ${JSON.stringify(error, Object.getOwnPropertyNames(error))}`
  expect(everything).not.toContain('hunter2')
  return error instanceof Error ? `${error.name} ${'code' in error ? String(error.code) : ''}: ${error.message}` : ''
}

describe('a PostgreSQL server', () => {
  let first: Awaited<ReturnType<typeof openServer>>

  beforeAll(async () => {
    first = await openServer()
  })
  afterAll(() => first.close())

  test('that does not answer stops the start, named by host and port and never by its password', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const address = closed.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    closed.close()
    expect(await refusal(`postgres://latchkey:hunter2@127.0.0.1:${port}/db`)).toBe(
      `StoreProblem unreachable: The database at 127.0.0.1:${port} can't be reached (ECONNREFUSED).`,
    )
  })

  test('without the database stops the start', async () => {
    const url = new URL(first.url)
    url.pathname = '/nowhere'
    url.password = 'hunter2'
    expect(await refusal(url.href)).toContain('has no database of that name')
  })

  test.each(['postgres://x:hunter2@[bad/db', 'http://x:hunter2@127.0.0.1:1/db', 'hunter2'])(
    'a URL that is none stops the start without being quoted: %s',
    async (url) => {
      expect(await refusal(url)).toContain('StoreProblem unreachable')
    },
  )

  test('C-09: runs every session with time limits and a fixed search path', async () => {
    const { rows } = await sql`select current_setting('statement_timeout') as statement,
      current_setting('idle_in_transaction_session_timeout') as idle, current_setting('search_path') as path`.execute(
      first.store.db,
    )
    expect(rows).toEqual([{ statement: '10s', idle: '15s', path: 'pg_catalog, pg_temp' }])
  })

  test('several processes may start on an empty database at once', async () => {
    const database = await createDatabase(EMPTY)
    const stores = await Promise.all([1, 2, 3, 4].map(() => start(database.url)))
    expect(new Set(stores.map((store) => store.installation.id)).size).toBe(1)
    expect(new Set(stores.map((store) => store.installation.signingSecret.reveal())).size).toBe(1)
    await Promise.all(stores.map((store) => store.close()))
    await database.drop()
  })

  test('INV-20: what is blocked on one replica is blocked in the cache of another within a second', async () => {
    const second = await start(first.url)
    const { directory, changes } = second
    const cache = new CachedDirectory({ directory, changes, clock: REAL_CLOCK, maxPresent: 100, maxAbsent: 100 })
    const [ana, red] = [userId('ana'), teamId('red')]
    await writeRows(first.store, async ({ keys, users, teams, teamMembers }) => {
      await keys.insert(makeKey(1))
      await users.insert(makeUser('ana'))
      await teams.insert(makeTeam('red'))
      await teamMembers.insert({ teamId: red, userId: ana, role: 'user', budgetId: undefined })
    })
    for (let round = 0; round < 20; round += 1) {
      const [blocked, permission] = [round % 2 === 0, `/${round}`]
      const known = async () => [
        (await cache.findKey(digestOf(1), REAL_CLOCK.now()))?.key.blocked,
        (await cache.findUser(ana))?.user.blocked,
        (await cache.findUser(ana))?.teams[0]?.permissions[0],
        (await cache.findTeam(red))?.blocked,
      ]
      await known()
      await writeRows(first.store, async ({ keys, users, teams }) => {
        await keys.update(makeKey(1, { blocked }))
        await users.update(makeUser('ana', { blocked }))
        await teams.update(makeTeam('red', { blocked, memberPermissions: [permission] }))
      })
      const writtenAt = performance.now()
      await expect.poll(known, { interval: 1, timeout: 5_000 }).toEqual([blocked, blocked, permission, blocked])
      expect(performance.now() - writtenAt).toBeLessThan(1_000)
    }
    await second.close()
  })

  test('INV-20: when the listening connection is cut, nothing is trusted until a new one stands', async () => {
    const second = await start(first.url)
    await expect.poll(() => second.changes.watch, { timeout: 5_000 }).toBe(1)
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'latchkey (changes)' and datname = current_database()`.execute(first.store.db)
    await expect.poll(() => second.changes.watch, { interval: 1, timeout: 5_000 }).toBeUndefined()
    await expect.poll(() => second.changes.watch, { timeout: 5_000 }).toBe(2)
    const heard: string[] = []
    second.changes.subscribe(
      'key',
      (digest) => heard.push(digest),
      () => {},
    )
    await writeRows(first.store, ({ keys }) => keys.insert(makeKey(77)))
    await expect.poll(() => heard, { timeout: 5_000 }).toContain(digestOf(77))
    await second.close()
  })

  test('F-02: a connection that is cut while it is used ends its transaction, and not the process', async () => {
    const { db } = first.store
    const cut = db.transaction().execute(async (within) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(within)
      await runSql(first.url, `select pg_terminate_backend(${rows[0]?.pid ?? 0})`)
      // The end arrives while nothing is asked of it.
      await pause(200)
      await sql`select 1`.execute(within)
    })
    await expect(cut).rejects.toThrow(/terminat|not queryable|connection/i)
    await expect(sql`select 1`.execute(db)).resolves.toMatchObject({ rows: [{}] })
  })

  test('a store that is gone is an error, never an absence', async () => {
    const second = await start(first.url)
    await second.close()
    await expect(second.directory.findKey(digestOf(1), REAL_CLOCK.now())).rejects.toThrow(
      'driver has already been destroyed',
    )
    await expect(second.directory.findUser(userId('ana'))).rejects.toThrow('driver has already been destroyed')
    await expect(second.ping()).rejects.toThrow('driver has already been destroyed')
  })
})
