import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MASTER_KEY, openAdminApp, storeGone } from '../../support/admin-app.ts'
import type { AdminApp } from '../../support/admin-app.ts'
import { userId } from '../../support/rows.ts'
import { OWN_FORM, formOf } from '../../../src/domain/key-format.ts'

const CHOSEN = 'sk-Zt7wQ2nB9xKe4LmVr8PdHs3GuYc6FaJ1Tb'

describe('POST /key/generate', () => {
  let app: AdminApp
  beforeEach(async () => {
    app = await openAdminApp()
  })
  afterEach(() => app.close())

  test('the answer has every member of the create family, nulls included', async () => {
    const { status, headers, json } = await app.post('/key/generate', {
      key_alias: 'svc-search',
      user_id: 'ana+x@example.com',
      models: ['gpt-4o', 'openai/*'],
      aliases: { fast: 'gpt-4o-mini' },
      duration: '90d',
      metadata: { app: 'search' },
      tags: ['prod'],
      enforced_params: ['user'],
      something_new: { of: 'next year' },
    })
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    const digest = createHash('sha256').update(json.key).digest('hex')
    expect(json).toEqual({
      key: expect.stringMatching(OWN_FORM),
      token: digest,
      token_id: digest,
      key_name: `sk-...${json.key.slice(-4)}`,
      key_alias: 'svc-search',
      user_id: 'ana+x@example.com',
      models: ['gpt-4o', 'openai/*'],
      aliases: { fast: 'gpt-4o-mini' },
      duration: '90d',
      expires: '2026-04-15T12:00:00.000Z',
      metadata: { app: 'search', tags: ['prod'], enforced_params: ['user'] },
      tags: ['prod'],
      enforced_params: ['user'],
      spend: 0,
      blocked: null,
      allowed_routes: [],
      created_at: '2026-01-15T12:00:00.000Z',
      created_by: 'default_user_id',
      updated_at: '2026-01-15T12:00:00.000Z',
      updated_by: 'default_user_id',
      max_budget: null,
      budget_duration: null,
      budget_reset_at: null,
      budget_id: null,
      budget_limits: null,
      litellm_budget_table: null,
      tpm_limit: null,
      rpm_limit: null,
      max_parallel_requests: null,
      rpm_limit_type: null,
      soft_budget: null,
      tpm_limit_type: null,
      model_max_budget: {},
      model_rpm_limit: null,
      model_tpm_limit: null,
      team_id: null,
      agent_id: null,
      organization_id: null,
      project_id: null,
      access_group_ids: [],
      allowed_cache_controls: [],
      config: {},
      permissions: {},
      router_settings: {},
      object_permission: null,
      guardrails: null,
      policies: null,
      prompts: null,
      allowed_passthrough_routes: null,
      allowed_vector_store_indexes: null,
    })
    expect(formOf(json.key)).toBe('own')
  })

  test('an empty object makes a key that never expires and is restricted by nothing of its own', async () => {
    const { json } = await app.post('/key/generate', {})
    expect(json).toMatchObject({ expires: null, duration: null, models: [], key_alias: null, user_id: null })
    expect((await app.get('/key/info', json.key)).status).toBe(200)
  })

  test('the new key is one of its own: twenty at once are twenty', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => app.makeKey()))
    expect(new Set(keys).size).toBe(20)
  })

  test.each([
    ['llm_api', ['llm_api_routes']],
    ['management', ['management_routes']],
    ['read_only', ['info_routes']],
    ['default', []],
  ])('key_type %s stands for routes', async (key_type, routes) => {
    expect((await app.post('/key/generate', { key_type })).json.allowed_routes).toEqual(routes)
  })

  test('a key_type and other allowed_routes are refused together', async () => {
    const both = { key_type: 'read_only', allowed_routes: ['/chat/completions'] }
    expect((await app.post('/key/generate', both)).status).toBe(400)
  })

  test('an alias belongs to one key', async () => {
    await app.makeKey({ key_alias: 'svc' })
    const { status, json } = await app.post('/key/generate', { key_alias: 'svc' })
    expect(status).toBe(400)
    expect(json.error).toEqual({
      message: "Key with alias 'svc' already exists. Unique key aliases across all keys are required.",
      type: 'bad_request_error',
      param: 'key_alias',
      code: '400',
    })
  })

  test.each(['-1s', '0', '1e9d', 'NaN', '', '10000000000d', '1d; x', '-1', 'none', '11y', '4000d', '0.5d'])(
    'AC-048, K-10: the duration %j is refused and makes no key',
    async (duration) => {
      const { status, json } = await app.post('/key/generate', { duration })
      expect(status).toBe(400)
      expect(json.error.message).toContain('Invalid duration format')
      expect((await app.get('/key/list')).json.total_count).toBe(0)
    },
  )

  test('a key is dead from the moment that it expires', async () => {
    const key = await app.makeKey({ duration: '1h' })
    app.pass(3_599_999)
    expect((await app.get('/key/info', key)).status).toBe(200)
    app.pass(1)
    const { status, json } = await app.get('/key/info', key)
    expect([status, json.error.type]).toEqual([401, 'expired_key'])
  })

  test('a key value of the caller’s choice is taken when it is hard to guess', async () => {
    expect(await app.makeKey({ key: CHOSEN })).toBe(CHOSEN)
    expect((await app.get('/key/info', CHOSEN)).status).toBe(200)
  })

  test.each([
    ['a short one', 'sk-1234'],
    ['one character over and over', `sk-${'a'.repeat(48)}`],
    ['a word over and over', `sk-${'changeme'.repeat(6)}`],
    ['a unit over and over', `sk-${'aB3xK9'.repeat(8)}`],
    ['a run of characters', 'sk-abcdefghijklmnopqrstuvwxyz0123456789'],
    ['few characters', 'sk-abcabacbbacbbcabacabcbabcabcabcbacbaa'],
    ['another prefix', 'pk-Zt7wQ2nB9xKe4LmVr8PdHs3GuYc6FaJ1Tb'],
    ['spaces', 'sk-Zt7wQ2nB9xKe4LmV r8PdHs3GuYc6FaJ1Tb'],
    ['other than ASCII', 'sk-Zt7wQ2nB9xKe4LmVr8PdHs3GuYc6FaJ1Té'],
    ['more than a credential may have', `sk-${'Zt7wQ2nB9xKe4LmVr8PdHs3GuYc6FaJ1Tb'.repeat(20)}`],
    ['the form of our own', `sk-lkk1_0123456789_${'Zt7wQ2nB9xKe4LmVr8PdHs3GuYc6FaJ1Tb'.repeat(2).slice(0, 49)}`],
    ['nothing', ''],
  ])('AC-043, K-01: a chosen key of %s is refused and makes no row', async (_, key) => {
    expect((await app.post('/key/generate', { key })).status).toBe(400)
    expect((await app.get('/key/list')).json.total_count).toBe(0)
  })

  test('AC-043: a chosen key that is in use, was in use, or is the master key is refused', async () => {
    await app.makeKey({ key: CHOSEN })
    const again = await app.post('/key/generate', { key: CHOSEN })
    expect([again.status, again.json.error.param]).toEqual([400, 'key'])
    await app.post('/key/regenerate', { key: CHOSEN })
    expect((await app.post('/key/generate', { key: CHOSEN })).status).toBe(400)
    expect((await app.post('/key/generate', { key: MASTER_KEY })).status).toBe(400)
    expect((await app.get('/key/list')).json.total_count).toBe(1)
  })

  test('K-01: the operator may forbid chosen keys', async () => {
    const strict = await openAdminApp({ allowCustomKeys: false })
    expect((await strict.post('/key/generate', { key: CHOSEN })).status).toBe(400)
    expect((await strict.post('/key/generate', {})).status).toBe(200)
    await strict.close()
  })

  test('the operator’s defaults fill what was left out or left empty, and the bound what is left then', async () => {
    const ruled = await openAdminApp({
      keyDefaults: { models: ['gpt-4o'], metadata: { cost_centre: '7' }, tags: ['default'] },
      keyUpperBounds: { duration: '90d' },
    })
    const { json } = await ruled.post('/key/generate', { models: [], duration: null })
    expect(json).toMatchObject({
      models: ['gpt-4o'],
      tags: ['default'],
      duration: '90d',
      expires: '2026-04-15T12:00:00.000Z',
    })
    expect(json.metadata).toEqual({ cost_centre: '7', tags: ['default'] })
    const own = await ruled.post('/key/generate', { models: ['o3'], metadata: { tags: ['mine'] }, duration: '1d' })
    expect(own.json).toMatchObject({ models: ['o3'], tags: ['mine'], duration: '1d' })
    const over = await ruled.post('/key/generate', { duration: '91d' })
    expect([over.status, over.json.error.message]).toEqual([
      400,
      'duration is over max limit set in config - user_value=91d; max_value=90d',
    ])
    await ruled.close()
  })

  test.each([
    [{ auto_rotate: true }, 'auto_rotate'],
    [{ object_permission: { mcp_servers: ['m'] } }, 'object_permission'],
    [{ metadata: { guardrails: ['pii'] } }, 'metadata.guardrails'],
  ])('a field behind which nothing stands yet is refused by name: %j', async (body, name) => {
    const { status, json } = await app.post('/key/generate', body)
    expect([status, json.error.type]).toEqual([400, 'bad_request_error'])
    expect(json.error.message).toContain(`\`${name}\``)
  })

  test('limits are kept as they are said', async () => {
    const limits = {
      max_budget: 10.5,
      budget_duration: '30d',
      tpm_limit: 1_000,
      rpm_limit: 60,
      max_parallel_requests: 3,
      model_max_budget: { 'gpt-4o': { budget_limit: 5, time_period: '1d' } },
      model_rpm_limit: { 'gpt-4o': 5 },
      model_tpm_limit: { 'gpt-4o': 500 },
    }
    const { status, json } = await app.post('/key/generate', { ...limits, rpm_limit: '60', spend: 3 })
    expect([status, json.spend]).toEqual([200, 0])
    expect(json).toMatchObject(limits)
    expect((await app.get(`/key/info?key=${json.token}`)).json.info).toMatchObject({ max_budget: 10.5, rpm_limit: 60 })
  })

  test.each([
    { max_budget: -1 },
    { rpm_limit: -1 },
    { budget_duration: 'soon' },
    { model_rpm_limit: { 'gpt-4o': -5 } },
    { model_max_budget: { 'gpt-4o': { budget_limit: -5 } } },
    { model_max_budget: { 'gpt-4o': { budget_limit: 5, rpm_limit: '5' } } },
    { model_max_budget: { 'gpt-4o': { budget_limit: 5, rpm_limit: 1.5 } } },
    { model_max_budget: { 'gpt-4o': { budget_limit: 5, tpm_limit: -1 } } },
    { model_max_budget: { 'gpt-4o': { budget_limit: 5, tpm_limit: true } } },
  ])('a limit that can’t be one makes no key: %j', async (body) => {
    expect((await app.post('/key/generate', body)).status).toBe(400)
    expect((await app.get('/key/list')).json.total_count).toBe(0)
  })

  test.each([
    [{ team_id: 'nobody' }, 'team'],
    [{ organization_id: 'nobody' }, 'organization'],
    [{ budget_id: 'nobody' }, 'budget'],
  ])('a key belongs to nothing that there is not: %j', async (body, what) => {
    const { status, json } = await app.post('/key/generate', body)
    expect([status, json.error.type]).toEqual([404, 'not_found_error'])
    expect(json.error.message.toLowerCase()).toContain(what)
    expect((await app.get('/key/list')).json.total_count).toBe(0)
  })

  test('values that mean nothing are taken for nothing', async () => {
    const body = { max_budget: null, team_id: '', model_max_budget: {}, guardrails: [], auto_rotate: false, spend: 0 }
    expect((await app.post('/key/generate', body)).json).toMatchObject({ max_budget: null, team_id: null, spend: 0 })
  })

  test.each([
    [
      { models: 'gpt-4o' },
      { type: 'list_type', loc: ['body', 'models'], msg: 'Input should be a valid list', input: 'gpt-4o' },
    ],
    [
      { metadata: 'x' },
      { type: 'dict_type', loc: ['body', 'metadata'], msg: 'Input should be a valid dictionary', input: 'x' },
    ],
    [
      { models: [1] },
      { type: 'string_type', loc: ['body', 'models', 0], msg: 'Input should be a valid string', input: 1 },
    ],
    [
      { key_type: 'root' },
      {
        type: 'enum',
        loc: ['body', 'key_type'],
        msg: "Input should be 'llm_api', 'management', 'read_only' or 'default'",
        input: 'root',
      },
    ],
    [
      { key: ['sk-a'] },
      { type: 'string_type', loc: ['body', 'key'], msg: 'Input should be a valid string', input: {} },
    ],
  ])('a wrong shape is a 422 that says where: %j', async (body, detail) => {
    const { status, json, headers } = await app.post('/key/generate', body)
    expect([status, json]).toEqual([422, { detail: [detail] }])
    expect(headers['x-litellm-call-id']).toBeDefined()
  })

  test.each(['', '[]', '{', '{"models":[],"models":["o3"]}', '{"blocked":NaN}'])(
    'the body %j is a 400',
    async (body) => {
      expect((await app.post('/key/generate', body)).status).toBe(400)
    },
  )

  test('a key without a user makes no keys, whatever it is allowed', async () => {
    const key = await app.makeKey({ key_type: 'management' })
    const { status, json } = await app.post('/key/generate', {}, key)
    expect([status, json.error.type]).toEqual([401, 'auth_error'])
    expect((await app.get('/key/list')).json.total_count).toBe(1)
  })

  test('INV-12: a user’s key makes keys for its user alone, with nothing that it has not itself', async () => {
    const key = await app.makeKey({ user_id: 'ana', models: ['o3'], max_budget: 5, allowed_routes: ['/key/*'] })
    await app.makeKey({ user_id: 'bob' })
    const { status, json } = await app.post('/key/generate', {}, key)
    expect(status).toBe(200)
    expect(json).toMatchObject({ user_id: 'ana', models: ['o3'], max_budget: 5, allowed_routes: ['/key/*'] })
    const bodies = [
      { user_id: 'bob' },
      { user_id: 'nobody' },
      { user_id: 'default_user_id' },
      { models: ['gpt-4o'] },
      { models: ['*'] },
      { max_budget: 6 },
      { allowed_routes: ['/user/new'] },
      { key_type: 'llm_api' },
      { team_id: 'nobody' },
      { organization_id: 'nobody' },
    ]
    for (const body of bodies) {
      expect([body, (await app.post('/key/generate', body, key)).status]).toEqual([body, 403])
    }
    expect((await app.get('/key/list')).json.total_count).toBe(3)
  })

  test('a user who is named by a key first is a user from then on', async () => {
    await app.makeKey({ user_id: 'ana@example.com' })
    await app.makeKey({ user_id: 'ana@example.com' })
    const { users } = app.manage.registry.rooms
    expect(await users.find(userId('ana@example.com'))).toMatchObject({ role: 'internal_user', email: undefined })
    expect(await users.keyCounts([userId('ana@example.com')], { sees: 'all' })).toEqual(
      new Map([['ana@example.com', 2]]),
    )
  })

  test('who made a change is recorded: the administrator, and whom the administrator acts for', async () => {
    const { json } = await app.post('/key/generate', {}, MASTER_KEY, { 'litellm-changed-by': 'bob@example.com' })
    expect(json).toMatchObject({ created_by: 'default_user_id', updated_by: 'bob@example.com' })
  })

  test('a store that does not answer is a 503 and not a key', async () => {
    const down = await openAdminApp({}, (ports) => ({
      ...ports,
      registry: { ...ports.registry, change: () => Promise.reject(storeGone()) },
    }))
    const { status, json } = await down.post('/key/generate', {})
    expect([status, json.error.type]).toEqual([503, 'no_db_connection'])
    await down.close()
  })
})
