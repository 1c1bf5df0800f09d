import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY, startGateway } from '../../support/gateway.ts'
import { runSql } from '../../support/stores.ts'
import { callerOf, good } from './support/caller.ts'
import type { Said } from './support/cli.ts'
import { verifyAudit } from './support/cli.ts'
import { freshTeam } from './support/fresh.ts'
import type { Twins } from './support/realm.ts'
import { startTwins } from './support/realm.ts'
import { stateOf } from './support/state.ts'

test('A-04: an embedded store that nobody touched verifies', async () => {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-audit-'))
  const dataDir = join(home, 'data')
  try {
    const gateway = await startGateway({ dataDir })
    const master = callerOf(gateway.port, MASTER_KEY)
    const made = [await master.post('/team/new', { team_alias: 'One' }), await master.post('/key/generate', {})]
    await gateway.stop()
    for (const answer of made) good(answer)

    const { code, said } = await verifyAudit(['--data-dir', dataDir])

    expect(code, said).toBe(0)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})

describe('AC-146, A-04: tampering is found', () => {
  let twins: Twins
  let database: pg.Client
  /** The table of the records, found by what it holds. */
  let table: string
  let order: string

  beforeAll(async () => {
    twins = await startTwins()
    for (let i = 0; i < 5; i += 1) await freshTeam(twins.cast.master, 'amber', { team_alias: `Audited ${i}` })
    database = new pg.Client({ connectionString: twins.databaseUrl })
    await database.connect()
    table = await findTable()
    order = (await columnsOf(['bigint', 'integer']))[0] ?? 'ctid'
  })

  afterAll(async () => {
    await database.end()
    await twins.close()
  })

  async function findTable(): Promise<string> {
    const found = await database.query<{ name: string; rows: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
        where table_name ~ 'audit' and table_type = 'BASE TABLE'`,
    )
    for (const { name } of found.rows) {
      const { rows } = await database.query<{ n: number }>(
        `select count(*)::int as n from ${name} t where row_to_json(t)::text like '%Audited 3%'`,
      )
      if ((rows[0]?.n ?? 0) > 0) return name
    }
    throw new Error('no table holds the records')
  }

  async function columnsOf(types: readonly string[]): Promise<readonly string[]> {
    const { rows } = await database.query<{ name: string }>(
      `select column_name as name from information_schema.columns
        where format('%I.%I', table_schema, table_name) = $1 and data_type = any($2) order by ordinal_position`,
      [table, types],
    )
    return rows.map(({ name }) => name)
  }

  /** As the owner, who alone can put the guard aside. Afterwards the rows are as they were. */
  async function tampered(change: string): Promise<Said> {
    const aside = `create table audit_kept as table ${table}; alter table ${table} disable trigger user`
    await runSql(twins.databaseUrl, `${aside}; ${change}`)
    try {
      return await verify()
    } finally {
      const names = (await insertable()).map((name) => `"${name}"`).join(', ')
      const back = `insert into ${table} (${names}) overriding system value select ${names} from audit_kept`
      const guard = `drop table audit_kept; alter table ${table} enable trigger user`
      await runSql(twins.databaseUrl, `delete from ${table}; ${back}; ${guard}`)
    }
  }

  async function insertable(): Promise<readonly string[]> {
    const { rows } = await database.query<{ name: string }>(
      `select column_name as name from information_schema.columns
        where format('%I.%I', table_schema, table_name) = $1 and is_generated = 'NEVER'`,
      [table],
    )
    return rows.map(({ name }) => name)
  }

  function verify(): Promise<Said> {
    return verifyAudit([], { DATABASE_URL: twins.databaseUrl })
  }

  test('an honest log verifies, from outside and while the gateway runs', async () => {
    const { code, said } = await verify()
    expect(code, said).toBe(0)
  })

  test('the guard refuses updates, deletes and truncation, also to the owner who forgot it', async () => {
    const [text] = await columnsOf(['text', 'character varying', 'jsonb', 'json'])
    for (const statement of [
      `update ${table} set ${text ?? ''} = ${text ?? ''}`,
      `delete from ${table}`,
      `truncate ${table}`,
      `truncate ${table} cascade`,
    ]) {
      await expect(runSql(twins.databaseUrl, statement), statement).rejects.toThrow(/./)
    }
    expect((await verify()).code).toBe(0)
  })

  test.each(['text', 'character varying', 'jsonb', 'json'])('a changed word in a column of type %s', async (type) => {
    for (const column of await columnsOf([type])) {
      const holds = `${column}::text like '%Audited 3%'`
      const { rows } = await database.query<{ n: number }>(`select count(*)::int as n from ${table} where ${holds}`)
      if ((rows[0]?.n ?? 0) === 0) continue
      const forged = `replace(${column}::text, 'Audited 3', 'Audited 7')::${type}`
      const { code, said } = await tampered(`update ${table} set ${column} = ${forged} where ${holds}`)
      expect.soft(code, `${column}: ${said}`).not.toBe(0)
      expect.soft(said, `${column}: the first bad record is named`).toMatch(/\d/)
    }
  })

  test('every column counts: another author, time, action, object', async () => {
    for (const column of await columnsOf(['text', 'character varying'])) {
      const change = `update ${table} set ${column} = 'forged' where ${order} = (select max(${order}) - 3 from ${table})`
      const { code } = await tampered(change).catch((error: unknown) => ({ code: String(error) }))
      // A check constraint that refuses the forgery is as good as finding it.
      expect.soft(code, column).not.toBe(0)
    }
    for (const column of await columnsOf(['timestamp with time zone', 'timestamp without time zone'])) {
      const change = `update ${table} set ${column} = ${column} - interval '1 day' where ${order} = (select max(${order}) - 3 from ${table})`
      expect.soft((await tampered(change)).code, column).not.toBe(0)
    }
  })

  test.each([
    ['one in the middle', (by: string) => `= (select max(${by}) - 3 from `],
    ['the first', (by: string) => `= (select min(${by}) from `],
    ['the last', (by: string) => `= (select max(${by}) from `],
    ['the last three', (by: string) => `> (select max(${by}) - 3 from `],
  ])('%s removed', async (_, which) => {
    const { code, said } = await tampered(`delete from ${table} where ${order} ${which(order)}${table})`)
    expect(code, said).not.toBe(0)
  })

  test('all removed', async () => {
    expect((await tampered(`delete from ${table}`)).code).not.toBe(0)
  })

  test('what was put back verifies, and the chain goes on', async () => {
    expect((await verify()).code).toBe(0)
    await freshTeam(twins.cast.master, 'cobalt')
    expect((await verify()).code).toBe(0)
  })

  test('changes at two processes at once make one chain', async () => {
    const { master } = twins.cast
    await Promise.all(Array.from({ length: 40 }, (_, i) => freshTeam(master, 'amber', { team_alias: `Parallel ${i}` })))
    expect((await verify()).code).toBe(0)
  })

  test('AC-147: without a record there is no change', async () => {
    const { master } = twins.cast
    const before = await stateOf(master)
    await runSql(twins.databaseUrl, `alter table ${table} add constraint no_more check (false) not valid`)
    try {
      const { status } = await master.post('/team/new', { team_id: 'team-unrecorded' })
      expect(status).toBeGreaterThanOrEqual(500)
      expect((await master.post('/key/generate', {})).status).toBeGreaterThanOrEqual(500)
    } finally {
      await runSql(twins.databaseUrl, `alter table ${table} drop constraint no_more`)
    }
    expect(await stateOf(master)).toBe(before)
  })
})
