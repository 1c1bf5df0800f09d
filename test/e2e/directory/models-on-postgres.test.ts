import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { MASTER_KEY, bearer, startGateway, tryGateway } from '../../support/gateway.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../support/stores.ts'

const SALT = 'a-salt-key-that-is-long-enough-0123456789'
const SECRET = 'sk-provider-secret-7f2d9c41b8'

let mock: MockUpstream
let database: Awaited<ReturnType<typeof createDatabase>>
let here: RunningGateway
let there: RunningGateway
let sql: pg.Client

beforeAll(async () => {
  mock = await startMockUpstream()
  database = await createDatabase()
  here = await start()
  there = await start()
  sql = new pg.Client(database.url)
  await sql.connect()
})

afterAll(async () => {
  await sql.end()
  await Promise.all([here.stop(), there.stop()])
  await mock.close()
  await database.drop()
})

const config = {
  general_settings: { store_model_in_db: true, provider_egress_allow: ['127.0.0.1:*'] },
}

function start(): Promise<RunningGateway> {
  return startGateway({ databaseUrl: database.url, config, env: { LITELLM_SALT_KEY: SALT } })
}

async function post(at: RunningGateway, path: string, body: object, key = MASTER_KEY): Promise<[number, string]> {
  const response = await fetch(at.url + path, { method: 'POST', headers: bearer(key), body: JSON.stringify(body) })
  return [response.status, await response.text()]
}

async function chat(at: RunningGateway, model: string, key?: string): Promise<number> {
  const body = { model, messages: [{ role: 'user', content: 'Hello' }] }
  const [status] = await post(at, '/v1/chat/completions', body, key)
  return status
}

function model(model_name: string, model_info: object = {}): object {
  return { model_name, litellm_params: { model: 'openai/x', api_base: mock.apiBase, api_key: SECRET }, model_info }
}

test('a model that one replica takes serves on the other within a second, and ends there as well', async () => {
  expect((await post(here, '/model/new', model('shared', { id: 'shared-id' })))[0]).toBe(200)
  expect(await chat(here, 'shared')).toBe(200)
  await vi.waitFor(async () => expect(await chat(there, 'shared')).toBe(200), { timeout: 1_000, interval: 20 })
  expect(JSON.stringify(mock.requests.last?.rawHeaders)).toContain(SECRET)

  await post(there, '/model/delete', { id: 'shared-id' })
  expect(await chat(there, 'shared')).toBe(400)
  await vi.waitFor(async () => expect(await chat(here, 'shared')).toBe(400), { timeout: 1_000, interval: 20 })
})

test('INV-32: a row of the database tells no secret, and opens for no other row', async () => {
  await post(here, '/model/new', model('sealed', { id: 'sealed-id' }))
  await post(here, '/model/new', model('other', { id: 'other-id' }))
  const { rows } = await sql.query<{ row: string }>('select m::text as row from latchkey.stored_model m')
  expect(rows).toHaveLength(2)
  expect(JSON.stringify(rows)).not.toMatch(/sk-provider|127\.0\.0\.1/)
  const { rows: audit } = await sql.query<{ row: string }>('select a::text as row from latchkey.audit_record a')
  expect(JSON.stringify(audit)).toContain('sealed-id')
  expect(JSON.stringify(audit)).not.toMatch(/sk-provider|lks1\./)

  await sql.query(`update latchkey.stored_model set sealed_params =
    (select sealed_params from latchkey.stored_model where model_id = 'other-id') where model_id = 'sealed-id'`)
  await vi.waitFor(async () => expect(await chat(here, 'sealed')).toBe(400), { timeout: 1_000, interval: 20 })
  expect(await chat(here, 'other')).toBe(200)
})

describe('a model of a team', () => {
  test('is that team’s under its public name, and nobody else’s', async () => {
    await sql.query(`insert into latchkey.team (team_id, models, model_aliases, metadata, tags, blocked, member_permissions,
      default_member_models, access_group_ids, created_at, created_by, updated_at, updated_by)
      values ('blue', '{other}', '{}', '{}', '{}', false, '{}', '{}', '{}', now(), 'test', now(), 'test')`)
    const [outside, inside] = await Promise.all([newKey(), newKey()])
    await sql.query(`update latchkey.virtual_key set team_id = 'blue' where digest = $1`, [inside.token])

    const [status, text] = await post(here, '/model/new', model('ours', { id: 'ours-id', team_id: 'blue' }))
    expect([status, JSON.parse(text)]).toEqual([
      200,
      expect.objectContaining({
        model_name: expect.stringMatching(/^model_name_blue_/),
        model_info: { id: 'ours-id', db_model: true, team_id: 'blue', team_public_model_name: 'ours' },
      }),
    ])
    await vi.waitFor(async () => expect(await chat(here, 'ours', inside.key)).toBe(200), {
      timeout: 2_000,
      interval: 20,
    })
    expect(await chat(here, 'ours', outside.key)).toBe(400)
    expect(await chat(here, 'ours-id', outside.key)).toBe(400)
    expect(await modelsOf('blue')).toEqual(['other', 'ours'])

    const update = { model_info: { id: 'ours-id', team_id: 'red' } }
    expect((await post(here, '/model/update', update))[0]).toBe(400)
    await post(here, '/model/update', { model_info: { id: 'ours-id' }, model_name: 'renamed' })
    expect(await modelsOf('blue')).toEqual(['other', 'renamed'])
    await post(here, '/model/delete', { id: 'ours-id' })
    expect(await modelsOf('blue')).toEqual(['other'])
  })

  test('needs the team', async () => {
    expect((await post(here, '/model/new', model('nobodys', { team_id: 'nowhere' })))[0]).toBe(404)
  })
})

async function newKey(): Promise<{ readonly key: string; readonly token: string }> {
  const [, text] = await post(here, '/key/generate', {})
  const issued: { readonly key: string; readonly token: string } = JSON.parse(text)
  return issued
}

async function modelsOf(team: string): Promise<readonly string[] | undefined> {
  const { rows } = await sql.query<{ models: string[] }>('select models from latchkey.team where team_id = $1', [team])
  return rows[0]?.models
}

describe('C-02: without LITELLM_SALT_KEY', () => {
  test('nothing secret is stored, and the answer says what to set', async () => {
    const own = await createDatabase()
    const gateway = await startGateway({ databaseUrl: own.url, config })
    const [status, text] = await post(gateway, '/model/new', model('unsealed'))
    expect([status, text]).toEqual([500, expect.stringContaining('LITELLM_SALT_KEY')])
    const credential = { credential_name: 'x', credential_values: { api_key: SECRET } }
    expect((await post(gateway, '/credentials', credential))[0]).toBe(500)
    await gateway.stop()
    await own.drop()
  })

  test('what was sealed with it stops the start', async () => {
    const started = await tryGateway({ databaseUrl: database.url, config })
    expect(started.ok ? 'started' : started.stderr).toContain('LITELLM_SALT_KEY is not set')
  })

  test('the master key does not stand in', async () => {
    const started = await tryGateway({ databaseUrl: database.url, config, env: { LITELLM_SALT_KEY: MASTER_KEY } })
    expect(started.ok ? 'started' : started.stderr).toContain('choose two')
  })
})
