import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY } from '../../support/gateway.ts'
import { hashOf, openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectFailure, TIME, UUID } from './support/expectations.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk({ storesModels: true, config: () => ({ litellm_settings: { store_audit_logs: true } }) })
})

afterAll(() => desk.close())

type Filter = Readonly<Record<string, string | number>>

function audit(filter: Filter, key?: string): Promise<Answer['json']> {
  return desk.read(query('/audit', filter), key)
}

/** The actions recorded for an object, newest first. */
async function actionsOn(object_id: string): Promise<readonly string[]> {
  const { audit_logs } = await audit({ object_id, page_size: 100 })
  return audit_logs.map((row: { action: string }) => row.action)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

describe('what is recorded', () => {
  test('the life of a key, one record for each change', async () => {
    const { token_id } = await desk.done('/key/generate', { key_alias: unique('audited') })
    await desk.done('/key/update', { key: token_id, max_budget: 5 })
    await desk.done('/key/block', { key: token_id })
    await desk.done('/key/unblock', { key: token_id })
    await desk.done('/key/delete', { keys: [token_id] })
    expect(await actionsOn(token_id)).toEqual(['deleted', 'unblocked', 'blocked', 'updated', 'created'])
  })

  test('a rotation', async () => {
    const old = await desk.done('/key/generate')
    const { token_id } = await desk.done('/key/regenerate', { key: old.token_id })
    expect([...(await actionsOn(old.token_id)), ...(await actionsOn(token_id))]).toContain('rotated')
  })

  test('a record has its fields, and shows no secret', async () => {
    const { key, token_id } = await desk.done('/key/generate', { metadata: { app: 'search' } })
    const page = await audit({ object_id: token_id })
    expect(page).toEqual({
      audit_logs: [
        expect.objectContaining({
          id: UUID,
          updated_at: TIME,
          changed_by: 'default_user_id',
          // The master key is no row, and its digest is nobody's to see.
          changed_by_api_key: null,
          action: 'created',
          table_name: 'LiteLLM_VerificationToken',
          object_id: token_id,
        }),
      ],
      total: 1,
      page: 1,
      page_size: 10,
      total_pages: 1,
    })
    const [row] = page.audit_logs
    expect(textOf(row.updated_values)).toContain('search')
    for (const secret of [key, MASTER_KEY]) expect(JSON.stringify(page)).not.toContain(secret)
  })

  test('what callers write under the name of a credential is masked, however deep', async () => {
    const { token_id } = await desk.done('/key/generate', {
      metadata: { app: 'search', vault: [{ api_key: 'hush-1' }], password: 'hush-2' },
    })
    await desk.done('/key/update', { key: token_id, metadata: { app: 'find', password: 'hush-3' } })
    const page = JSON.stringify(await audit({ object_id: token_id }))
    for (const shown of ['search', 'find', 'api_key']) expect(page).toContain(shown)
    expect(page).not.toContain('hush')
  })

  test.each([
    { path: '/key/update', make: async () => (await desk.done('/key/generate')).token_id, name: 'key' },
    { path: '/team/update', make: () => desk.newTeam(), name: 'team_id' },
    { path: '/user/update', make: async () => (await desk.newUser({ auto_create_key: false })).id, name: 'user_id' },
  ])('blocking by $path is told as blocking', async ({ path, make, name }) => {
    const id = await make()
    for (const blocked of [true, false]) await desk.done(path, { [name]: id, blocked })
    expect(await actionsOn(id)).toEqual(['unblocked', 'blocked', 'created'])
  })

  test('an update tells before and after', async () => {
    const { id } = await desk.newUser({ user_alias: 'before-it', auto_create_key: false })
    await desk.done('/user/update', { user_id: id, user_alias: 'after-it' })
    const { audit_logs } = await audit({ object_id: id, action: 'updated' })
    expect(audit_logs).toMatchObject([{ table_name: 'LiteLLM_UserTable' }])
    expect(textOf(audit_logs[0].before_value)).toContain('before-it')
    expect(textOf(audit_logs[0].updated_values)).toContain('after-it')
  })

  test.each([
    ['LiteLLM_TeamTable', '/team/new', '/team/delete', 'team_id'],
    ['LiteLLM_UserTable', '/user/new', '/user/delete', 'user_id'],
  ])('%s: creation and deletion', async (table_name, create, remove, id) => {
    const object = unique('audited')
    await desk.done(create, { [id]: object })
    await desk.done(remove, { [`${id}s`]: [object] })
    const { audit_logs } = await audit({ object_id: object, table_name })
    expect(audit_logs.map((row: { action: string }) => row.action)).toEqual(['deleted', 'created'])
  })

  test('organisations and models', async () => {
    const { organization_id } = await desk.done('/organization/new', { organization_alias: unique('org') })
    const secret = 'sk-provider-secret-in-audit-8d1'
    const { model_id } = await desk.done('/model/new', {
      model_name: unique('model'),
      litellm_params: { model: 'openai/gpt-4o', api_base: desk.mock.apiBase, api_key: secret },
      model_info: {},
    })
    const organisations = await audit({ object_id: organization_id })
    expect(organisations.audit_logs).toMatchObject([{ action: 'created', table_name: 'LiteLLM_OrganizationTable' }])
    const models = await audit({ object_id: model_id })
    expect(models.audit_logs).toMatchObject([{ action: 'created', table_name: 'LiteLLM_ProxyModelTable' }])
    expect(JSON.stringify(models)).not.toContain(secret)
  })

  test('which parameters of a model and values of a credential changed, and no text of them', async () => {
    const id = unique('told')
    const credential_name = unique('told')
    const changed = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'changed']))
    const litellm_params = { model: 'openai/gpt-4o', api_key: 'sk-first', rpm: 5, input_cost_per_token: 1e-6 }
    await desk.done('/model/new', { model_name: unique('name'), litellm_params, model_info: { id } })
    const patched = { litellm_params: { rpm: 7, api_key: 'sk-second', input_cost_per_token: null, model: 'openai/o3' } }
    expect((await desk.ask('PATCH', `/model/${id}/update`, { body: patched })).status).toBe(200)
    await desk.done('/model/update', { model_info: { id }, litellm_params: { rpm: 7 } })
    const ofModel = await audit({ object_id: id, sort_order: 'asc' })
    expect(ofModel.audit_logs).toMatchObject([
      { before_value: {}, updated_values: { params: { ...changed(['model', 'api_key']), rpm: 5 } } },
      {
        before_value: { params: { ...changed(['model', 'api_key']), rpm: 5, input_cost_per_token: 1e-6 } },
        updated_values: { params: { ...changed(['model', 'api_key']), rpm: 7 } },
      },
    ])

    await desk.done('/credentials', { credential_name, credential_values: { api_key: 'sk-1' }, credential_info: {} })
    const body = { credential_values: { api_version: '2026-01-01' } }
    expect((await desk.ask('PATCH', `/credentials/${credential_name}`, { body })).status).toBe(200)
    const ofCredential = await audit({ object_id: credential_name, sort_order: 'asc' })
    expect(ofCredential.audit_logs.map((row: { updated_values: object }) => row.updated_values)).toMatchObject([
      { values: changed(['api_key']) },
      { values: changed(['api_version']) },
    ])
    expect(JSON.stringify([ofModel, ofCredential])).not.toMatch(/sk-|openai\/|2026-01-01/)
  })

  test('`litellm-changed-by` is who it says', async () => {
    const who = unique('ticket')
    const team_id = unique('team')
    await desk.ask('POST', '/team/new', { body: { team_id }, headers: { 'litellm-changed-by': who } })
    const { audit_logs } = await audit({ changed_by: who })
    expect(audit_logs).toMatchObject([{ object_id: team_id, changed_by: who }])
  })

  test('a user is named by its id, and its key by its hash', async () => {
    const { id, key } = await desk.newUser()
    const { token_id } = await desk.done('/key/generate', {}, key)
    const { audit_logs } = await audit({ object_id: token_id })
    expect(audit_logs).toMatchObject([{ changed_by: id, changed_by_api_key: hashOf(key) }])
    expect((await audit({ changed_by_api_key: hashOf(key) })).total).toBe(1)
  })

  test('a refused change leaves no record of having happened', async () => {
    const team_id = await desk.newTeam()
    const { key } = await desk.newUser()
    expectFailure(await desk.post('/team/delete', { team_ids: [team_id] }, key), [401, 403, 404])
    const { audit_logs } = await audit({ object_id: team_id })
    expect(audit_logs).toMatchObject([{ outcome: 'refused' }, { action: 'created', outcome: 'done' }])
  })
})

describe('GET /audit', () => {
  test('pages, newest first or oldest', async () => {
    const { token_id } = await desk.done('/key/generate')
    for (const max_budget of [1, 2]) await desk.done('/key/update', { key: token_id, max_budget })
    const page = await audit({ object_id: token_id, page_size: 2 })
    expect(page).toMatchObject({ total: 3, page: 1, page_size: 2, total_pages: 2 })
    expect(page.audit_logs).toHaveLength(2)
    const last = await audit({ object_id: token_id, page_size: 2, page: 2 })
    expect(last.audit_logs).toMatchObject([{ action: 'created' }])
    const oldest = await audit({ object_id: token_id, sort_by: 'updated_at', sort_order: 'asc' })
    expect(oldest.audit_logs[0]).toMatchObject({ action: 'created' })
    expectFailure(await desk.get('/audit?page_size=101'), [400, 422])
  })

  test('is filtered by action, table and time', async () => {
    const { token_id } = await desk.done('/key/generate')
    await desk.done('/key/block', { key: token_id })
    const object = { object_id: token_id }
    expect((await audit({ ...object, action: 'blocked' })).total).toBe(1)
    expect((await audit({ ...object, table_name: 'LiteLLM_TeamTable' })).total).toBe(0)
    const hour = 3_600_000
    for (const day of ['2026-02-30', '2026-02-30T00:00:00Z', '2026-04-31']) {
      expectFailure(await desk.get(query('/audit', { start_date: day })), 400)
    }
    const [before, after] = [-hour, hour].map((shift) => new Date(Date.now() + shift).toISOString())
    expect((await audit({ ...object, start_date: before ?? '', end_date: after ?? '' })).total).toBe(2)
    expect(await audit({ ...object, start_date: after ?? '' })).toMatchObject({
      audit_logs: [],
      total: 0,
      total_pages: 0,
    })
  })

  test('one record is read by its id; an unknown one is 404', async () => {
    const { token_id } = await desk.done('/key/generate')
    const { audit_logs } = await audit({ object_id: token_id })
    const [row] = audit_logs
    expect(await desk.read(`/audit/${row.id}`)).toMatchObject({ id: row.id, object_id: token_id })
    expectFailure(await desk.get('/audit/00000000-0000-4000-8000-000000000000'), 404)
  })

  test('is read by administrators and viewers, and changed by nobody', async () => {
    const viewer = await desk.newUser({ user_role: 'proxy_admin_viewer' })
    const user = await desk.newUser()
    expect((await desk.get('/audit', viewer.key)).status).toBe(200)
    expectFailure(await desk.get('/audit', user.key), [401, 403])
    const { audit_logs } = await audit({})
    for (const method of ['DELETE', 'PATCH', 'PUT']) {
      expect([401, 403, 404, 405]).toContain((await desk.ask(method, `/audit/${audit_logs[0].id}`)).status)
    }
  })
})
