import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { MASTER_KEY } from '../../support/gateway.ts'
import { STORES, chosenKey, hashOf, openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectRaw } from './support/expectations.ts'

/**
 * What the Terraform provider does: no `/v1`, the key in `x-api-key`, every success exactly 200, zero values for what is
 * not set, and a plan that must be empty after each apply.
 */
describe.each(STORES)('Terraform on the %s store', (store) => {
  let desk: Desk

  beforeAll(async () => {
    desk = await openDesk({ store, storesModels: true })
  })

  afterAll(() => desk.close())

  function call(method: string, path: string, body?: object): Promise<Answer> {
    return desk.ask(method, path, {
      key: '',
      headers: { 'x-api-key': MASTER_KEY },
      ...(body === undefined ? {} : { body }),
    })
  }

  /** Any other status than 200, and any other body than an object, is an error to the provider. */
  async function apply(method: string, path: string, body?: object): Promise<Answer['json']> {
    const { status, text, json } = await call(method, path, body)
    expect([method, path, status, status === 200 ? '' : text]).toEqual([method, path, 200, ''])
    expect(typeof json).toBe('object')
    return json
  }

  test('key', async () => {
    const sent = {
      key_alias: unique('tf-key'),
      models: ['gpt-4o'],
      max_budget: 25,
      budget_duration: '30d',
      tpm_limit: 1_000,
      rpm_limit: 60,
      max_parallel_requests: 4,
      metadata: { app: 'search' },
      user_id: '',
      team_id: '',
      organization_id: '',
      budget_id: '',
      blocked: false,
      aliases: {},
      allowed_cache_controls: [],
      soft_budget: 0,
      permissions: {},
      model_max_budget: {},
      guardrails: [],
      tags: [],
    }
    const { guardrails: _guardrails, tags: _tags, ...shown } = sent
    const { key, token_id } = await apply('POST', '/key/generate', sent)
    expect(token_id).toBe(hashOf(key))
    for (const name of [key, token_id]) noDifference(shown, (await apply('GET', `/key/info?key=${name}`)).info)

    const changed = {
      ...shown,
      max_budget: 40,
      tpm_limit: 2_000,
      models: ['gpt-4o', 'claude-sonnet'],
      metadata: { b: 'c' },
    }
    await apply('POST', '/key/update', { key: token_id, ...changed })
    noDifference(changed, (await apply('GET', `/key/info?key=${token_id}`)).info)

    await apply('POST', '/key/delete', { keys: [token_id] })
    const gone = await call('GET', `/key/info?key=${token_id}`)
    expect([gone.status, gone.json.error.message]).toEqual([404, 'Key not found in database'])
  })

  test('a key by a value of one’s own', async () => {
    const key = chosenKey()
    expect(await apply('POST', '/key/generate', { key })).toMatchObject({ key })
    await apply('POST', '/key/delete', { keys: [key] })
  })

  test('zero values in an update are stored as they are; blank ids are none', async () => {
    const { token_id } = await apply('POST', '/key/generate', { models: ['gpt-4o'] })
    const zeros = { max_budget: 0, tpm_limit: 0, rpm_limit: 0, max_parallel_requests: 0 }
    const blanks = { team_id: '', user_id: '', organization_id: '', budget_id: '', budget_duration: '' }
    await apply('POST', '/key/update', { key: token_id, ...zeros, ...blanks, blocked: false })
    const { info } = await apply('GET', `/key/info?key=${token_id}`)
    expect(info).toMatchObject({ ...zeros, team_id: null, user_id: null, models: ['gpt-4o'] })
    expect(info.blocked).toBe(false)
  })

  test('blank ids take a key out of nothing, and a blank duration leaves its end as it is', async () => {
    const { team_id } = await apply('POST', '/team/new', { team_id: unique('tf-team') })
    const { budget_id } = await apply('POST', '/budget/new', { budget_id: unique('tf-budget'), max_budget: 5 })
    const { token_id, expires } = await apply('POST', '/key/generate', { team_id, budget_id, duration: '30d' })
    expect(expires).toEqual(expect.any(String))
    const blanks = { team_id: '', user_id: '', organization_id: '', budget_id: '', duration: '' }
    await apply('POST', '/key/update', { key: token_id, ...blanks, rpm_limit: 0 })
    const { info } = await apply('GET', `/key/info?key=${token_id}`)
    expect(info).toMatchObject({ team_id, budget_id, expires, rpm_limit: 0 })
    await vi.waitFor(() => expect(desk.gateway.stderr()).toContain('"limits":"rpm_limit"'), { timeout: 5_000 })
    await apply('POST', '/key/update', { key: token_id, budget_id: null })
    expect((await apply('GET', `/key/info?key=${token_id}`)).info.budget_id).toBeNull()
  })

  test('an update without any change is none', async () => {
    const sent = {
      key_alias: unique('tf-same'),
      models: ['gpt-4o'],
      max_budget: 1,
      metadata: { a: 'b' },
      duration: '30d',
    }
    const { token_id } = await apply('POST', '/key/generate', sent)
    const { info: before } = await apply('GET', `/key/info?key=${token_id}`)
    const { duration: _, ...again } = sent
    await apply('POST', '/key/update', { key: token_id, ...again })
    const { info: after } = await apply('GET', `/key/info?key=${token_id}`)
    expect(after).toEqual({ ...before, updated_at: after.updated_at })
  })

  test('team', async () => {
    const team_id = unique('tf-team')
    const sent = {
      team_id,
      team_alias: 'search',
      organization_id: '',
      models: ['gpt-4o'],
      max_budget: 100,
      budget_duration: '30d',
      tpm_limit: 5_000,
      rpm_limit: 50,
      blocked: false,
      metadata: { cost_centre: '42' },
    }
    await apply('POST', '/team/new', sent)
    noDifference(sent, (await apply('GET', `/team/info?team_id=${team_id}`)).team_info)

    const changed = { ...sent, team_alias: 'search-2', max_budget: 50, models: ['claude-sonnet'], metadata: { x: 'y' } }
    await apply('POST', '/team/update', changed)
    noDifference(changed, (await apply('GET', `/team/info?team_id=${team_id}`)).team_info)

    const user_id = unique('tf-member')
    const member = { user_id, role: 'user' }
    await apply('POST', '/team/member_add', { team_id, member: [member], max_budget_in_team: 10 })
    await apply('POST', '/team/member_update', { team_id, user_id, max_budget_in_team: 20, role: 'admin' })
    const { team_info, team_memberships } = await apply('GET', `/team/info?team_id=${team_id}`)
    expect(team_info.members_with_roles).toContainEqual(expect.objectContaining({ user_id, role: 'admin' }))
    expect(team_memberships).toContainEqual(
      expect.objectContaining({ user_id, litellm_budget_table: expect.objectContaining({ max_budget: 20 }) }),
    )
    await apply('POST', '/team/member_delete', { team_id, user_id })

    await apply('POST', '/team/delete', { team_ids: [team_id] })
    const gone = await call('GET', `/team/info?team_id=${team_id}`)
    expect([gone.status, gone.text]).toEqual([404, expect.stringContaining('Team not found')])
  })

  test('user', async () => {
    const user_id = unique('tf-user')
    const sent = {
      user_id,
      user_email: `${user_id}@example.com`,
      user_alias: 'Ana',
      user_role: 'internal_user',
      models: ['gpt-4o'],
      max_budget: 50,
      budget_duration: '30d',
      tpm_limit: 100,
      rpm_limit: 10,
      metadata: { a: 'b' },
      teams: [],
    }
    await apply('POST', '/user/new', { ...sent, auto_create_key: false })
    noDifference(sent, (await apply('GET', `/user/info?user_id=${user_id}`)).user_info)
    const changed = { ...sent, user_alias: 'Ana B.', max_budget: 60, models: ['claude-sonnet'] }
    await apply('POST', '/user/update', changed)
    noDifference(changed, (await apply('GET', `/user/info?user_id=${user_id}`)).user_info)
    const deleted = await call('POST', '/user/delete', { user_ids: [user_id] })
    expect([deleted.status, deleted.text.trim()]).toEqual([200, '1'])
    expect((await call('GET', `/user/info?user_id=${user_id}`)).status).toBe(404)
  })

  test('model', async () => {
    const id = unique('tf-model')
    const model_name = unique('tf-gpt')
    const api_key = 'sk-provider-of-terraform-1c55'
    const litellm_params = {
      custom_llm_provider: 'openai',
      model: 'openai/gpt-4o',
      api_base: desk.mock.apiBase,
      tpm: 100_000,
      rpm: 1_000,
      input_cost_per_token: 0.000_002_5,
      output_cost_per_token: 0.000_01,
      merge_reasoning_content_in_choices: false,
      reasoning_effort: 'low',
      thinking: { type: 'enabled', budget_tokens: 1_024 },
    }
    const model_info = { id, db_model: true, base_model: 'gpt-4o', tier: 'free', mode: 'chat', team_id: '' }
    await apply('POST', '/model/new', { model_name, litellm_params: { ...litellm_params, api_key }, model_info })
    const read = await polled(id)
    noDifference({ model_name }, read)
    noDifference(litellm_params, read.litellm_params)
    noDifference(model_info, read.model_info)
    expect(JSON.stringify(read)).not.toContain(api_key)

    const change = { ...litellm_params, rpm: 2_000, input_cost_per_token: 0.000_003 }
    const info = { ...model_info, tier: 'paid' }
    await apply('POST', '/model/update', { model_name, litellm_params: { ...change, api_key }, model_info: info })
    const again = await polled(id)
    noDifference(change, again.litellm_params)
    noDifference(info, again.model_info)
    expect((await desk.chat(model_name, MASTER_KEY)).status).toBe(200)

    await apply('POST', '/model/delete', { id })
    expectRaw(await call('GET', `/model/info?litellm_model_id=${id}`), 400, 'not found on litellm proxy')
    expect((await call('POST', '/model/delete', { id })).text).toContain(`Model with id=${id} not found in db`)
    const late = await call('POST', '/model/update', { model_name, litellm_params: change, model_info: info })
    expect([late.status, late.text]).toEqual([400, expect.stringMatching(/model not found/i)])
  })

  /** With back-off, up to 45 seconds; a missing model is only known by its text. */
  function polled(id: string): Promise<Answer['json']> {
    return vi.waitFor(
      async () => {
        const { data } = await apply('GET', `/model/info?litellm_model_id=${id}`)
        expect(data).toHaveLength(1)
        return data[0]
      },
      { timeout: 5_000, interval: 100 },
    )
  }

  test('credential', async () => {
    const credential_name = unique('tf-credential')
    const credential_info = { custom_llm_provider: 'openai', description: 'first' }
    const credential_values = { api_key: 'sk-provider-of-terraform-1c55', api_base: desk.mock.apiBase }
    await apply('POST', '/credentials', { credential_name, credential_info, credential_values })
    const path = `/credentials/by_name/${credential_name}`
    noDifference({ credential_name, credential_info }, await apply('GET', path))
    const changed = { ...credential_info, description: 'second' }
    const body = { credential_name, credential_info: changed, credential_values }
    await apply('PATCH', `/credentials/${credential_name}`, body)
    noDifference({ credential_name, credential_info: changed }, await apply('GET', path))
    await apply('DELETE', `/credentials/${credential_name}`)
    expect((await call('GET', path)).status).toBe(404)
  })

  test('organization', async () => {
    const sent = { organization_alias: unique('tf-org'), models: ['gpt-4o'], metadata: { a: 'b' } }
    const limits = { max_budget: 1_000, budget_duration: '30d', tpm_limit: 10, rpm_limit: 1 }
    const { organization_id } = await apply('POST', '/organization/new', { ...sent, ...limits, budget_id: '' })
    const path = query('/organization/info', { organization_id })
    const read = await apply('GET', path)
    noDifference(sent, read)
    noDifference(limits, read.litellm_budget_table)

    const user_id = unique('tf-member')
    await apply('POST', '/organization/member_add', {
      organization_id,
      member: { role: 'internal_user', user_id },
      max_budget_in_organization: 5,
    })
    await apply('PATCH', '/organization/member_update', { organization_id, user_id, role: 'org_admin' })
    await apply('DELETE', '/organization/member_delete', { organization_id, user_id })

    const changed = { organization_alias: unique('tf-org'), models: ['claude-sonnet'], metadata: { c: 'd' } }
    await apply('PATCH', '/organization/update', { organization_id, ...changed, max_budget: 900 })
    const again = await apply('GET', path)
    noDifference(changed, again)
    noDifference({ ...limits, max_budget: 900 }, again.litellm_budget_table)
    await apply('DELETE', '/organization/delete', { organization_ids: [organization_id] })
    const gone = await call('GET', path)
    expect([gone.status, gone.text]).toEqual([404, expect.stringContaining('not found')])
  })

  test('tag: what it may spend is told in its budget, and no id that was not sent', async () => {
    const sent = { name: unique('tf-tag'), description: 'd', models: ['gpt-4o'] }
    await apply('POST', '/tag/new', { ...sent, max_budget: 5, budget_duration: 'weekly' })
    const read = async () => (await apply('POST', '/tag/info', { names: [sent.name] }))[sent.name]
    noDifference(sent, await read())
    expect(await read()).toMatchObject({ litellm_budget_table: { max_budget: 5, budget_duration: 'weekly' } })
    expect(await read()).not.toHaveProperty('budget_id')
    await apply('POST', '/tag/delete', { name: sent.name })
  })

  test.each(['/key/generate', '/team/new', '/user/new', '/organization/new', '/budget/new'])(
    '%s: a window in words is read as it was written',
    async (path) => {
      const sent = { organization_alias: unique('tf'), max_budget: 5, budget_duration: 'monthly' }
      const made = await apply('POST', path, sent)
      const budget = path === '/organization/new' ? await budgetOf(made.budget_id) : made
      expect(budget.budget_duration).toBe('monthly')
      expect(budget.budget_reset_at).toMatch(/-01T00:00:00\.000Z$/)
    },
  )

  async function budgetOf(id: string): Promise<Answer['json']> {
    const { json } = await call('POST', '/budget/info', { budgets: [id] })
    return json[0]
  }

  test('budget', async () => {
    const budget_id = unique('tf-budget')
    const sent = {
      budget_id,
      max_budget: 100,
      soft_budget: 80,
      max_parallel_requests: 3,
      tpm_limit: 1_000,
      rpm_limit: 100,
      budget_duration: '30d',
    }
    await apply('POST', '/budget/new', sent)
    noDifference(sent, (await apply('POST', '/budget/info', { budgets: [budget_id] }))[0])
    const changed = { ...sent, max_budget: 150, rpm_limit: 0 }
    await apply('POST', '/budget/update', changed)
    noDifference(changed, (await apply('POST', '/budget/info', { budgets: [budget_id] }))[0])
    await apply('POST', '/budget/delete', { id: budget_id })
  })
})

/** As the provider compares: what it decodes into its own types, where `null` is that type's zero value. */
function noDifference(sent: object, read: Readonly<Record<string, unknown>>): void {
  const decoded = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, read[name] ?? zeroOf(value)]))
  expect(decoded).toEqual(sent)
}

function zeroOf(value: unknown): unknown {
  if (typeof value === 'string') return ''
  if (typeof value === 'number') return 0
  if (typeof value === 'boolean') return false
  return Array.isArray(value) ? [] : {}
}
