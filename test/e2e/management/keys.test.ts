import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY, bearer } from '../../support/gateway.ts'
import { chosenKey, hashOf, openDesk, query, unique } from './support/desk.ts'
import type { Desk } from './support/desk.ts'
import { expectAdminOnly, expectError, expectFailure, expectMissing, expectRule, TIME } from './support/expectations.ts'
import { KEY_ROW, NEW_KEY } from './support/shapes.ts'
import { expectReset, RESETS, secondsUntil } from './support/times.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

describe('POST /key/generate', () => {
  test('without a wish every field of the create family is there, with its default', async () => {
    const made = await desk.done('/key/generate')
    expect(made).toMatchObject(NEW_KEY)
    expect(made.key).toMatch(/^sk-/)
    expect(made.key_name).toBe(`sk-...${made.key.slice(-4)}`)
    expect(made.token_id).toBe(hashOf(made.key))
  })

  test('what was asked for comes back: limits, owner, team, metadata', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const team = await desk.newTeam({ members_with_roles: [{ user_id: id, role: 'user' }] })
    const wish = {
      key_alias: unique('svc-search'),
      team_id: team,
      user_id: id,
      models: ['gpt-4o', 'claude-sonnet'],
      max_budget: 25,
      budget_duration: '30d',
      rpm_limit: 60,
      tpm_limit: 100_000,
      max_parallel_requests: 5,
      duration: '90d',
      metadata: { app: 'search' },
      aliases: { fast: 'gpt-4o' },
      allowed_cache_controls: ['no-cache', 'no-store'],
    }
    const made = await desk.done('/key/generate', wish)
    expect(made).toMatchObject({ ...NEW_KEY, ...wish, expires: TIME })
    expect(Math.abs(secondsUntil(made.expires) - 90 * 86_400)).toBeLessThan(60)
  })

  test('fields that live in `metadata` come back there', async () => {
    const made = await desk.done('/key/generate', {
      metadata: { app: 'search' },
      tags: ['prod'],
      enforced_params: ['user'],
      model_rpm_limit: { 'gpt-4o': 10 },
      model_tpm_limit: { 'gpt-4o': 1_000 },
    })
    const { info } = await desk.read(`/key/info?key=${made.token_id}`)
    expect(info.metadata).toMatchObject({
      app: 'search',
      tags: ['prod'],
      enforced_params: ['user'],
      model_rpm_limit: { 'gpt-4o': 10 },
      model_tpm_limit: { 'gpt-4o': 1_000 },
    })
  })

  test('a chosen value is taken, once', async () => {
    const key = chosenKey()
    expect(await desk.done('/key/generate', { key })).toMatchObject({ key, token_id: hashOf(key) })
    expectError(await desk.post('/key/generate', { key }), 400)
  })

  test('a soft budget is shown wherever the row is', async () => {
    const { token_id, soft_budget } = await desk.done('/key/generate', { soft_budget: 5 })
    expect(soft_budget).toBe(5)
    expect(await desk.read(`/key/info?key=${token_id}`)).toMatchObject({ info: { soft_budget: 5 } })
    expect(await desk.done('/key/update', { key: token_id, soft_budget: null })).toMatchObject({ soft_budget: null })
  })

  test('an alias names one key', async () => {
    const alias = unique('alias')
    await desk.done('/key/generate', { key_alias: alias })
    expectError(await desk.post('/key/generate', { key_alias: alias }), 400, {
      message: `Key with alias '${alias}' already exists. Unique key aliases across all keys are required.`,
      type: 'bad_request_error',
      param: 'key_alias',
    })
  })

  test.each([
    ['llm_api', ['llm_api_routes']],
    ['management', ['management_routes']],
    ['read_only', ['info_routes']],
    ['default', []],
  ])('`key_type` %s is a list of routes', async (type, routes) => {
    expect(await desk.done('/key/generate', { key_type: type })).toMatchObject({ allowed_routes: routes })
  })

  test.each(['30s', '15m', '2h', '3d', '1w'])('`duration` %s is counted in exact seconds', async (duration) => {
    const unit: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }
    const seconds = Number.parseInt(duration, 10) * (unit[duration.at(-1) ?? ''] ?? 0)
    const { expires } = await desk.done('/key/generate', { duration })
    expect(Math.abs(secondsUntil(expires) - seconds)).toBeLessThan(20)
  })

  test('`1mo` is the same day of the next month, or that month’s last', async () => {
    const { expires } = await desk.done('/key/generate', { duration: '1mo' })
    const days = secondsUntil(expires) / 86_400
    expect(days).toBeGreaterThan(27.9)
    expect(days).toBeLessThan(31.1)
  })

  test.each(['', '0', '-1s', '1.5h', 'tomorrow', '10y', '1e3s'])('`duration` %j is no duration', async (duration) => {
    expectFailure(await desk.post('/key/generate', { duration }), [400, 422])
  })

  test.each(RESETS)('`budget_duration` %s ends on its border', async (duration) => {
    const key = await desk.newKey({ max_budget: 1, budget_duration: duration })
    const { info } = await desk.read('/key/info', key)
    expect(info.budget_duration).toBe(duration)
    expectReset(duration, info.budget_reset_at)
  })

  test('a budget of several months is refused', async () => {
    expectFailure(await desk.post('/key/generate', { max_budget: 1, budget_duration: '2mo' }), [400, 422, 500])
  })

  test('a budget is not negative', async () => {
    for (const field of ['max_budget', 'soft_budget']) {
      expectError(await desk.post('/key/generate', { [field]: -1 }), 400, {
        message: 'cannot be negative. Received: -1',
      })
    }
  })

  test('`""` is no budget and no id', async () => {
    const blank = { max_budget: '', team_id: '', user_id: '', organization_id: '', budget_id: '' }
    const made = await desk.done('/key/generate', blank)
    expect(made).toMatchObject({
      max_budget: null,
      team_id: null,
      user_id: null,
      organization_id: null,
      budget_id: null,
    })
  })

  test('numbers may be strings, and floats may be integers', async () => {
    const made = await desk.done('/key/generate', { max_budget: '12.5', tpm_limit: '9007199254740', rpm_limit: '7' })
    expect(made).toMatchObject({ max_budget: 12.5, tpm_limit: 9_007_199_254_740, rpm_limit: 7 })
  })

  test.each([
    ['rpm_limit', 'many'],
    ['max_budget', 'a lot'],
    ['models', 'gpt-4o'],
    ['metadata', 'none'],
  ])('`%s` that can’t be read is 422 and says where', async (field, value) => {
    const answer = await desk.post('/key/generate', { [field]: value })
    expect(answer.status).toBe(422)
    expect(answer.json.detail[0]).toMatchObject({ loc: expect.arrayContaining(['body', field]) })
  })

  test('unknown members are ignored', async () => {
    expect(await desk.done('/key/generate', { something_new: { of: 'next year' } })).toMatchObject(NEW_KEY)
  })

  test('a body that is no JSON is 400', async () => {
    const response = await fetch(`${desk.gateway.url}/key/generate`, {
      method: 'POST',
      headers: bearer(MASTER_KEY),
      body: '{',
    })
    expect(response.status).toBe(400)
  })

  test('a shared budget is named, and shows in the row', async () => {
    const budget = unique('budget')
    await desk.done('/budget/new', { budget_id: budget, max_budget: 3, rpm_limit: 9 })
    const key = await desk.newKey({ budget_id: budget })
    const { info } = await desk.read('/key/info', key)
    expect(info).toMatchObject({
      budget_id: budget,
      max_budget: null,
      litellm_budget_table: { budget_id: budget, max_budget: 3, rpm_limit: 9 },
    })
  })

  test('`model_max_budget` keeps its shape, and a wrong one is refused', async () => {
    const model_max_budget = { 'gpt-4o': { budget_limit: 5, time_period: '1d' } }
    const key = await desk.newKey({ model_max_budget })
    const { info } = await desk.read('/key/info', key)
    expect(info.model_max_budget).toMatchObject(model_max_budget)
    expectFailure(await desk.post('/key/generate', { model_max_budget: { 'gpt-4o': 'much' } }), [400, 422])
  })

  test('a key asks for no model that its team has not', async () => {
    const team = await desk.newTeam({ models: ['gpt-4o'] })
    expectFailure(await desk.post('/key/generate', { team_id: team, models: ['claude-sonnet'] }), 403)
  })

  test('a key has no higher limits than its team', async () => {
    const team = await desk.newTeam({ tpm_limit: 100, rpm_limit: 10 })
    expectFailure(await desk.post('/key/generate', { team_id: team, tpm_limit: 101 }), 400)
    expectFailure(await desk.post('/key/generate', { team_id: team, rpm_limit: 11 }), 400)
  })

  test('an internal user makes keys for itself, and for nobody else', async () => {
    const owner = await desk.newUser()
    const other = await desk.newUser()
    const made = await desk.done('/key/generate', { key_alias: unique('own') }, owner.key)
    expect(made).toMatchObject({ user_id: owner.id, created_by: owner.id })
    expectFailure(await desk.post('/key/generate', { user_id: other.id }, owner.key), [401, 403])
  })

  test('a viewer makes none, and neither does nobody', async () => {
    const viewer = await desk.newUser({ user_role: 'internal_user_viewer' })
    expectFailure(await desk.post('/key/generate', {}, viewer.key), [401, 403])
    expectError(await desk.post('/key/generate', {}, ''), 401, { message: 'No api key passed in.', type: 'auth_error' })
  })
})

describe('POST /key/service-account/generate', () => {
  test('a service account belongs to a team and to no user', async () => {
    const team = await desk.newTeam()
    const { id } = await desk.newUser({ auto_create_key: false })
    const made = await desk.done('/key/service-account/generate', { team_id: team, user_id: id })
    expect(made).toMatchObject({ ...NEW_KEY, team_id: team, user_id: null })
    expectFailure(await desk.post('/key/service-account/generate', {}), [400, 422])
  })
})

describe('GET /key/info', () => {
  test('by value, by hash and by itself it is the same row, and never says the value', async () => {
    const { key, token_id } = await desk.done('/key/generate')
    const byHash = await desk.read(`/key/info?key=${token_id}`)
    expect(byHash).toMatchObject({ key: token_id, info: KEY_ROW })
    expect(byHash.info).not.toHaveProperty('token')
    for (const answer of [await desk.get(`/key/info?key=${key}`), await desk.get('/key/info', key)]) {
      expect(answer.json).toMatchObject({ key: token_id, info: { key_name: byHash.info.key_name } })
      expect(answer.text).not.toContain(key)
    }
  })

  test('an unknown key is 404', async () => {
    for (const name of [hashOf('nobody'), chosenKey()]) {
      expectError(await desk.get(`/key/info?key=${name}`), 404, {
        message: 'Key not found in database',
        type: 'not_found_error',
        param: 'key',
      })
    }
  })

  test('the owner may read it, and nobody else', async () => {
    const owner = await desk.newUser()
    const other = await desk.newUser()
    const { token_id } = await desk.done('/key/generate', { user_id: owner.id })
    expect((await desk.get(`/key/info?key=${token_id}`, owner.key)).status).toBe(200)
    expectFailure(await desk.get(`/key/info?key=${token_id}`, other.key), [403, 404])
  })
})

describe('POST /key/update', () => {
  test('only what is named changes, and the answer is the whole row', async () => {
    const { key, token_id } = await desk.done('/key/generate', {
      max_budget: 25,
      rpm_limit: 6,
      metadata: { app: 'search' },
    })
    const metadata = { app: 'search', tier: 'gold' }
    const changed = await desk.done('/key/update', { key, max_budget: 40, metadata })
    expect(changed).toMatchObject({
      ...KEY_ROW,
      key: token_id,
      token: token_id,
      max_budget: 40,
      rpm_limit: 6,
      metadata,
    })
    expect(JSON.stringify(changed)).not.toContain(key)
    const { info } = await desk.read(`/key/info?key=${token_id}`)
    expect(info).toMatchObject({ max_budget: 40, rpm_limit: 6, metadata })
  })

  test('it goes by hash as well', async () => {
    const { token_id } = await desk.done('/key/generate')
    expect(await desk.done('/key/update', { key: token_id, key_alias: unique('a') })).toMatchObject({ key: token_id })
  })

  test('`null` takes limits away, and leaves the rest alone', async () => {
    const limits = { max_budget: 5, budget_duration: '1d', tpm_limit: 6, rpm_limit: 7, max_parallel_requests: 8 }
    const { token_id } = await desk.done('/key/generate', { ...limits, models: ['gpt-4o'], duration: '1h' })
    const none = Object.fromEntries([...Object.keys(limits), 'duration'].map((name) => [name, null]))
    await desk.done('/key/update', { key: token_id, ...none, models: null, key_alias: null })
    const { info } = await desk.read(`/key/info?key=${token_id}`)
    expect(info).toMatchObject({
      max_budget: null,
      budget_duration: null,
      tpm_limit: null,
      rpm_limit: null,
      max_parallel_requests: null,
      expires: null,
      models: ['gpt-4o'],
    })
  })

  test('`duration: "-1"` takes the expiry away', async () => {
    const { token_id } = await desk.done('/key/generate', { duration: '1h' })
    expect(await desk.done('/key/update', { key: token_id, duration: '-1' })).toMatchObject({ expires: null })
  })

  test('another `budget_duration` is another reset', async () => {
    const { token_id } = await desk.done('/key/generate', { max_budget: 1, budget_duration: '1d' })
    const { budget_reset_at } = await desk.done('/key/update', { key: token_id, budget_duration: '1mo' })
    expectReset('1mo', budget_reset_at)
  })

  test('a temporary increase has an end, or there is none', async () => {
    const { token_id } = await desk.done('/key/generate', { max_budget: 1 })
    const temp_budget_expiry = new Date(Date.now() + 3_600_000).toISOString()
    const both = { temp_budget_increase: 10, temp_budget_expiry }
    const changed = await desk.done('/key/update', { key: token_id, ...both })
    expect(changed.metadata).toMatchObject({ temp_budget_increase: 10, temp_budget_expiry: expect.any(String) })
    for (const half of [{ temp_budget_increase: 10 }, { temp_budget_expiry }]) {
      expect((await desk.post('/key/update', { key: token_id, ...half })).status).toBe(422)
    }
  })

  test('a key moves only into a team that has its models and its user', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const { token_id } = await desk.done('/key/generate', { user_id: id, models: ['gpt-4o'] })
    const strange = await desk.newTeam()
    const narrow = await desk.newTeam({
      models: ['claude-sonnet'],
      members_with_roles: [{ user_id: id, role: 'user' }],
    })
    const fitting = await desk.newTeam({ models: ['gpt-4o'], members_with_roles: [{ user_id: id, role: 'user' }] })
    for (const team_id of [strange, narrow]) {
      expectFailure(await desk.post('/key/update', { key: token_id, team_id }), [400, 403])
    }
    expect(await desk.done('/key/update', { key: token_id, team_id: fitting })).toMatchObject({ team_id: fitting })
  })

  test('an owner gives its key to nobody', async () => {
    const owner = await desk.newUser()
    const other = await desk.newUser()
    const { token_id } = await desk.done('/key/generate', { user_id: owner.id })
    expectFailure(await desk.post('/key/update', { key: token_id, user_id: other.id }, owner.key), 403)
  })

  test('an unknown key is 404, and no key is 422', async () => {
    expectError(await desk.post('/key/update', { key: hashOf('nobody'), key_alias: unique('a') }), 404)
    expectMissing(await desk.post('/key/update', { key_alias: unique('a') }), 'body', 'key')
  })
})

describe('POST /key/delete', () => {
  test('by value, by hash and by alias; the answer names them, never by value', async () => {
    const alias = unique('gone')
    const one = await desk.done('/key/generate')
    const two = await desk.done('/key/generate')
    const three = await desk.done('/key/generate', { key_alias: alias })
    const { deleted_keys } = await desk.done('/key/delete', { keys: [one.key, two.token_id] })
    expect(new Set(deleted_keys)).toEqual(new Set([one.token_id, two.token_id]))
    const byAlias = await desk.done('/key/delete', { key_aliases: [alias] })
    expect(byAlias.deleted_keys).toHaveLength(1)
    for (const { key, token_id } of [one, two, three]) {
      expectError(await desk.get('/v1/models', key), 401)
      expectError(await desk.get(`/key/info?key=${token_id}`), 404)
    }
  })

  test('a deleted key is still listed as such, with the row that it had', async () => {
    const { token_id } = await desk.done('/key/generate', {
      metadata: { app: 'search' },
      aliases: { fast: 'gpt-4o-mini' },
      permissions: { some: true },
      model_rpm_limit: { 'gpt-4o': 3 },
      max_budget: 1.5,
      budget_duration: '30d',
      tags: ['a'],
    })
    const { info } = await desk.read(`/key/info?key=${token_id}`)
    await desk.done('/key/delete', { keys: [token_id] })
    const { keys } = await desk.read(query('/key/list', { status: 'deleted', return_full_object: true, size: 100 }))
    expect(keys).toContainEqual({ ...info, token: token_id, deleted_at: TIME, deleted_by: 'default_user_id' })
  })

  test('one unknown key keeps all of them', async () => {
    const { token_id } = await desk.done('/key/generate')
    expectError(await desk.post('/key/delete', { keys: [token_id, hashOf('nobody')] }), 404)
    expect((await desk.get(`/key/info?key=${token_id}`)).status).toBe(200)
  })

  test('nothing to delete is 422', async () => {
    expectRule(await desk.post('/key/delete', {}), "At least one of 'keys' or 'key_aliases' must be provided.")
  })

  test('an owner deletes its own, and not another’s', async () => {
    const owner = await desk.newUser()
    const other = await desk.newUser()
    const { token_id } = await desk.done('/key/generate', { user_id: owner.id })
    expectFailure(await desk.post('/key/delete', { keys: [token_id] }, other.key), [403, 404])
    expect(await desk.done('/key/delete', { keys: [token_id] }, owner.key)).toEqual({ deleted_keys: [token_id] })
  })
})

describe('POST /key/regenerate', () => {
  test.each(['body', 'path'])('named in the %s: a new value, the same key', async (where) => {
    const fields = { key_alias: unique('kept'), models: ['gpt-4o'], max_budget: 25, metadata: { app: 'search' } }
    const old = await desk.done('/key/generate', fields)
    const change = { max_budget: 50 }
    const made =
      where === 'body'
        ? await desk.done('/key/regenerate', { key: old.key, ...change })
        : await desk.done(`/key/${old.token_id}/regenerate`, change)
    expect(made).toMatchObject({ ...NEW_KEY, ...fields, ...change })
    expect(made.key).not.toBe(old.key)
    expect(made.token_id).toBe(hashOf(made.key))
    expect(made.key_name).toBe(`sk-...${made.key.slice(-4)}`)
    expectError(await desk.get('/v1/models', old.key), 401)
    expect((await desk.get('/v1/models', made.key)).status).toBe(200)
  })

  test('with a grace period both values work', async () => {
    const old = await desk.newKey()
    const { key } = await desk.done('/key/regenerate', { key: old, grace_period: '24h' })
    for (const each of [old, key]) expect((await desk.get('/v1/models', each)).status).toBe(200)
  })

  test('a chosen value has to be one', async () => {
    const key = await desk.newKey()
    const new_key = chosenKey()
    expectError(await desk.post('/key/regenerate', { key, new_key: 'pk-not-a-key' }), 400, {
      message: "New key must start with 'sk-'",
    })
    expect(await desk.done('/key/regenerate', { key, new_key })).toMatchObject({ key: new_key })
  })

  test('no key is 400, an unknown one 404', async () => {
    expectError(await desk.post('/key/regenerate', {}), 400, { message: 'No key passed in.' })
    expectError(await desk.post('/key/regenerate', { key: hashOf('nobody') }), 404, { message: /Key .*not found/ })
  })

  test('of another’s key it is refused', async () => {
    const other = await desk.newUser()
    const { token_id } = await desk.done('/key/generate')
    expectFailure(await desk.post(`/key/${token_id}/regenerate`, {}, other.key), [401, 403, 404])
  })
})

describe('POST /key/block and /key/unblock', () => {
  test('the row says so, and calls are refused meanwhile', async () => {
    const { key, token_id } = await desk.done('/key/generate')
    expect(await desk.done('/key/block', { key })).toMatchObject({ token: token_id, blocked: true, spend: 0 })
    expectError(await desk.get('/v1/models', key), 401, {
      message: "Authentication Error, Key is blocked. Update via `/key/unblock` if you're an admin.",
      type: 'auth_error',
    })
    expect(await desk.done('/key/unblock', { key: token_id })).toMatchObject({ token: token_id, blocked: false })
    expect((await desk.read(`/key/info?key=${token_id}`)).info.blocked).toBe(false)
    expect((await desk.get('/v1/models', key)).status).toBe(200)
  })

  test('what is no key is 400, an unknown one 404', async () => {
    expectError(await desk.post('/key/block', { key: 'not-a-key' }), [400, 404])
    expectError(await desk.post('/key/block', { key: hashOf('nobody') }), 404, { message: /Key .*not found/ })
  })

  test('is no matter of a key’s owner', async () => {
    const owner = await desk.newUser()
    const { token_id } = await desk.done('/key/generate')
    expectFailure(await desk.post('/key/block', { key: token_id }, owner.key), [401, 403, 404])
  })
})

describe('POST /key/health', () => {
  test('a key that works says so; one without a user and one that is blocked do not get there', async () => {
    const { key } = await desk.newUser()
    expect(await desk.done('/key/health', {}, key)).toEqual({ key: 'healthy', logging_callbacks: null })
    expect((await desk.ask('POST', '/key/health', { key })).json).toEqual({ key: 'healthy', logging_callbacks: null })
    expect((await desk.post('/key/health', {}, await desk.newKey())).status).toBe(401)
    await desk.done('/key/block', { key })
    expect((await desk.post('/key/health', {}, key)).status).toBe(401)
  })
})

describe('POST /key/bulk_update', () => {
  test('each key has its own outcome', async () => {
    const one = await desk.done('/key/generate')
    const unknown = hashOf('nobody')
    const answer = await desk.done('/key/bulk_update', {
      keys: [
        { key: one.token_id, max_budget: 100, tags: ['prod'] },
        { key: unknown, max_budget: 1 },
      ],
    })
    expect(answer).toEqual({
      total_requested: 2,
      successful_updates: [{ key: one.token_id, key_info: expect.objectContaining({ max_budget: 100 }) }],
      failed_updates: [{ key: unknown, key_info: null, failed_reason: expect.any(String) }],
    })
    expect(answer.successful_updates[0].key_info).not.toHaveProperty('token')
    const { info } = await desk.read(`/key/info?key=${one.token_id}`)
    expect(info).toMatchObject({ max_budget: 100, metadata: { tags: ['prod'] } })
  })

  test('between one and 500 keys, each by the rules of a single change', async () => {
    const { key } = await desk.newUser()
    expectFailure(await desk.post('/key/bulk_update', { keys: [] }), 400)
    const many = Array.from({ length: 501 }, (_, i) => ({ key: hashOf(String(i)), max_budget: 1 }))
    expectFailure(await desk.post('/key/bulk_update', { keys: many }), 400)
    expectFailure(await desk.post('/key/bulk_update', { keys: [{ key: hashOf('x') }] }, key), 404)
  })
})

test('a key without a user administrates nothing', async () => {
  expectAdminOnly(await desk.post('/user/new', {}, await desk.newKey()), [401, 403])
})
