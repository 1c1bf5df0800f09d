import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { errorOf } from '../serving/support/rig.ts'
import { CHAT_COST, MODELS, STORES, chosenKey, hashOf, query, unique, uniqueEmail } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectError, expectFailure } from './support/expectations.ts'
import { openConformingDesk } from './support/conforming-desk.ts'

const SOON = { timeout: 10_000, interval: 50 }

/** The themes of the black-box tests that LiteLLM's own proxy is held to (gateway API, 16.2). */
describe.each(STORES)('on the %s store', (store) => {
  let desk: Desk

  beforeAll(async () => {
    desk = await openConformingDesk(store)
  })

  afterAll(() => desk.close())

  function twenty<Result>(make: (n: number) => Promise<Result>): Promise<Result[]> {
    return Promise.all(Array.from({ length: 20 }, (_, n) => make(n)))
  }

  async function spendOf(key: string): Promise<number> {
    return (await desk.read('/key/info', key)).info.spend
  }

  describe('keys', () => {
    test('twenty are made, changed, read and deleted at the same time', async () => {
      const keys = await twenty((n) => desk.newKey({ key_alias: unique(`k${n}`), metadata: { n } }))
      expect(new Set(keys).size).toBe(20)
      await Promise.all(keys.map((key) => desk.done('/key/update', { key, max_budget: 5 })))
      const infos = await Promise.all(keys.map((key) => desk.read('/key/info', key)))
      infos.forEach(({ info }, n) => expect(info).toMatchObject({ metadata: { n }, max_budget: 5 }))
      await Promise.all(keys.map((key) => desk.done('/key/delete', { keys: [key] })))
      for (const key of keys) expect((await desk.chat('gpt-4o', key)).status).toBe(401)
    })

    test('a key reads itself, naming itself', async () => {
      const key = await desk.newKey()
      expect((await desk.read(`/key/info?key=${key}`, key)).key).toBe(hashOf(key))
    })
  })

  describe('calls', () => {
    test.each([
      ['a fresh key', () => desk.newKey()],
      ['the key of a fresh user', async () => (await desk.done('/user/new')).key],
    ])('%s chats, completes, embeds and paints', async (_what, make) => {
      const key: string = await make()
      expect((await desk.chat('gpt-4o', key)).status).toBe(200)
      expect((await desk.post('/chat/completions', chat(), key)).status).toBe(200)
      expect((await desk.post('/completions', { model: 'gpt-4o', prompt: 'Hello' }, key)).status).toBe(200)
      expect((await desk.post('/embeddings', { model: 'gpt-4o', input: ['Hello'] }, key)).status).toBe(200)
      for (const path of ['/images/generations', '/v1/images/generations'])
        expect((await desk.post(path, { model: 'gpt-4o', prompt: 'A padlock' }, key)).status).toBe(200)
    })

    function chat(): object {
      return { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello there' }] }
    }
  })

  describe('model access', () => {
    test.each([
      ['key', () => desk.newKey({ models: ['gpt-4o'] })],
      ['team', async () => desk.newKey({ team_id: await desk.newTeam({ models: ['gpt-4o'] }) })],
      ['user', async () => (await desk.newUser({ models: ['gpt-4o'] })).key],
    ])('of the %s: another model is 401 and says so', async (_whose, make) => {
      const key = await make()
      expect((await desk.chat('gpt-4o', key)).status).toBe(200)
      expectError(await desk.chat('claude-sonnet', key), 401, { message: /not allowed to access model/i })
    })
  })

  describe('spend', () => {
    test.each([
      ['whole', {}],
      ['streamed', { stream: true }],
    ])('of a call, %s: one line with its tokens, and the key’s sum', async (_how, more) => {
      const key = await desk.newKey()
      const answer = await desk.chat('gpt-4o', key, more)
      const id = /"id":"([^"]+)"/.exec(answer.text)?.[1] ?? ''
      await expect
        .poll(() => desk.read(query('/spend/logs', { request_id: id })), SOON)
        .toMatchObject([
          { request_id: id, prompt_tokens: 7, completion_tokens: 8, total_tokens: 15, api_key: hashOf(key) },
        ])
      await expect.poll(async () => (await spendOf(key)).toFixed(8), SOON).toBe(CHAT_COST.toFixed(8))
    })

    test('a line names the key and the team that it is of, and has every member that clients look for', async () => {
      const [team_alias, key_alias] = [unique('team'), unique('key')]
      const team_id = await desk.newTeam({ team_alias })
      const key = await desk.newKey({ team_id, key_alias })
      const { id } = (await desk.chat('gpt-4o', key)).json
      await expect
        .poll(() => desk.read(query('/spend/logs', { request_id: id })), SOON)
        .toMatchObject([
          {
            metadata: {
              user_api_key_alias: key_alias,
              user_api_key_team_id: team_id,
              user_api_key_team_alias: team_alias,
              spend_logs_metadata: null,
              guardrail_information: null,
              cost_breakdown: null,
              max_retries: null,
            },
          },
        ])
    })
  })

  /** Eight tokens of `pricey` cost 0.008; what is asked for is never more. */
  const EIGHT = { max_tokens: 8 }

  describe('key budget', () => {
    test('the first call is served, the second is not', async () => {
      const key = await desk.newKey({ max_budget: 0.012 })
      expect((await desk.chat('pricey', key, EIGHT)).status).toBe(200)
      await expect.poll(() => spendOf(key), SOON).toBeGreaterThan(0.0079)
      expectOver(await desk.chat('pricey', key, EIGHT))
      expect(await spendOf(key)).toBeLessThanOrEqual(0.012)
    })

    test('a temporary increase lets it go on', async () => {
      const key = await desk.newKey({ max_budget: 0.012 })
      expect((await desk.chat('pricey', key, EIGHT)).status).toBe(200)
      const temp_budget_expiry = new Date(Date.now() + 3_600_000).toISOString()
      await desk.done('/key/update', { key, temp_budget_increase: 1, temp_budget_expiry })
      expect((await desk.chat('pricey', key, EIGHT)).status).toBe(200)
    })

    test('of a shared row counts too', async () => {
      const { budget_id } = await desk.done('/budget/new', { max_budget: 0.012 })
      const key = await desk.newKey({ budget_id })
      expect((await desk.chat('pricey', key, EIGHT)).status).toBe(200)
      expectOver(await desk.chat('pricey', key, EIGHT))
    })

    test('a budget of nothing blocks at once, but not reading', async () => {
      const key = await desk.newKey({ max_budget: 0 })
      expectOver(await desk.chat('gpt-4o', key))
      expect((await desk.get('/v1/models', key)).status).toBe(200)
    })
  })

  function expectOver(answer: Answer): void {
    expectError(answer, 429, { message: /^Budget has been exceeded/, type: 'budget_exceeded' })
    expect(answer.json.error.param).toBeNull()
  }

  test('budget reset: with `5s` there is another end, and money again', async () => {
    const key = await desk.newKey({ max_budget: 0.012, budget_duration: '5s' })
    const before = (await desk.read('/key/info', key)).info.budget_reset_at
    await expect.poll(async () => (await desk.chat('pricey', key, EIGHT)).status, SOON).toBe(429)
    await expect
      .poll(async () => (await desk.chat('pricey', key, EIGHT)).status, { timeout: 8_000, interval: 250 })
      .toBe(200)
    const after = (await desk.read('/key/info', key)).info.budget_reset_at
    expect(Date.parse(after)).toBeGreaterThan(Date.parse(before))
  })

  describe('users', () => {
    test('info: administrator and self 200, another 403', async () => {
      const [one, two] = [await desk.newUser(), await desk.newUser()]
      const path = query('/user/info', { user_id: one.id })
      expect((await desk.get(path)).status).toBe(200)
      expect((await desk.get(path, one.key)).status).toBe(200)
      expect((await desk.get(path, two.key)).status).toBe(403)
    })

    test('everything spent is on the account `litellm-proxy-budget`', async () => {
      const total = async (): Promise<number> =>
        (await desk.get('/user/info?user_id=litellm-proxy-budget')).json?.user_info?.spend ?? 0
      const key = await desk.newKey()
      const before = await total()
      expect((await desk.chat('gpt-4o', key)).status).toBe(200)
      await expect.poll(total, SOON).toBeGreaterThanOrEqual(before + CHAT_COST * 0.999)
    })
  })

  describe('teams', () => {
    test('twenty are made at the same time', async () => {
      const ids = await twenty((n) => desk.newTeam({ team_alias: `team ${n}` }))
      expect(new Set(ids).size).toBe(20)
    })

    test('info: administrator and own key yes, foreign key no', async () => {
      const team_id = await desk.newTeam()
      const path = query('/team/info', { team_id })
      expect((await desk.get(path)).status).toBe(200)
      expect((await desk.get(path, await desk.newKey({ team_id }))).status).toBe(200)
      expectFailure(await desk.get(path, await desk.newKey({ team_id: await desk.newTeam() })), [401, 403, 404])
    })

    test('ten members at once: creator, the given administrator and ten', async () => {
      const admin = await desk.newUser({ auto_create_key: false })
      const team_id = await desk.newTeam({ members_with_roles: [{ role: 'admin', user_id: admin.id }] })
      const member = Array.from({ length: 10 }, (_, n) => ({ role: 'user', user_id: unique(`m${n}`) }))
      await desk.done('/team/member_add', { team_id, member })
      const { team_info } = await desk.read(query('/team/info', { team_id }))
      expect(team_info.members_with_roles).toHaveLength(12)
      const users = await Promise.all(member.map(({ user_id }) => desk.read(query('/user/info', { user_id }))))
      for (const { user_info } of users) expect(user_info.teams).toEqual([team_id])
    })

    test('update answers the new alias, and leaves the other columns', async () => {
      const team_id = await desk.newTeam({
        team_alias: 'before',
        models: ['gpt-4o'],
        tpm_limit: 20,
        metadata: { a: 1 },
      })
      const path = query('/team/info', { team_id })
      const { team_info: before } = await desk.read(path)
      const { data } = await desk.done('/team/update', { team_id, team_alias: 'after' })
      expect(data.team_alias).toBe('after')
      const { team_info: after } = await desk.read(path)
      expect(after).toEqual({ ...before, team_alias: 'after', updated_at: after.updated_at })
    })

    test('a member added by address sees its team', async () => {
      const user_email = uniqueEmail('krrish')
      const { id, key } = await desk.newUser({ user_email })
      const team_id = await desk.newTeam()
      await desk.done('/team/member_add', { team_id, member: [{ role: 'user', user_email }] })
      expect((await desk.read(query('/user/info', { user_id: id }), key)).teams).toMatchObject([{ team_id }])
    })

    test('delete: its members have no team, and it is gone', async () => {
      const { id } = await desk.newUser({ auto_create_key: false })
      const team_id = await desk.newTeam({ members_with_roles: [{ role: 'user', user_id: id }] })
      await desk.done('/team/delete', { team_ids: [team_id] })
      expect((await desk.read(query('/user/info', { user_id: id }))).user_info.teams).toEqual([])
      expect((await desk.get(query('/team/info', { team_id }))).status).toBe(404)
    })

    test('members leave by id and by address', async () => {
      const user_email = uniqueEmail('leaving')
      const [one, two] = [await desk.newUser(), await desk.newUser({ user_email })]
      const team_id = await desk.newTeam({
        members_with_roles: [one, two].map(({ id }) => ({ role: 'user', user_id: id })),
      })
      await desk.done('/team/member_delete', { team_id, user_id: one.id })
      await desk.done('/team/member_delete', { team_id, user_email })
      const { team_info } = await desk.read(query('/team/info', { team_id }))
      expect(team_info.members_with_roles).toMatchObject([{ user_id: 'default_user_id', role: 'admin' }])
    })

    test('`model_aliases` work for its keys', async () => {
      const team_id = await desk.newTeam({ models: ['gpt-4o-mini'], model_aliases: { fast: 'gpt-4o-mini' } })
      const answer = await desk.chat('fast', await desk.newKey({ team_id }))
      expect([answer.status, answer.headers.get('x-litellm-model-id')]).toEqual([200, 'gpt-4o-mini-deployment'])
      expect((await desk.chat('fast', await desk.newKey())).status).toBe(400)
    })

    test('team budget: the first call is served, the second is not', async () => {
      const team_id = await desk.newTeam({ max_budget: 0.012 })
      const [one, two] = [await desk.newKey({ team_id }), await desk.newKey({ team_id })]
      expect((await desk.chat('pricey', one, EIGHT)).status).toBe(200)
      expectOver(await desk.chat('pricey', two, EIGHT))
    })
  })

  test('team member budget: shown with the user, counted, and enforced', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const team_id = await desk.newTeam({ members_with_roles: [{ role: 'user', user_id: id }] })
    const key = await desk.newKey({ team_id, user_id: id })
    expect((await desk.chat('gpt-4o', key)).status).toBe(200)
    await desk.done('/team/member_update', { team_id, user_id: id, max_budget_in_team: 1e-7 })
    const membership = async (): Promise<Answer['json']> =>
      (await desk.read(query('/user/info', { user_id: id }))).teams[0].team_memberships[0]
    expect(await membership()).toMatchObject({ litellm_budget_table: { max_budget: 1e-7 } })
    await expect.poll(async () => (await membership()).spend, SOON).toBeCloseTo(CHAT_COST, 8)
    const refused = await desk.chat('gpt-4o', key)
    expectOver(refused)
    expect(refused.json.error.message).toContain(`User=${id} in Team=${team_id}`)
    expect((await desk.chat('gpt-4o', await desk.newKey({ user_id: id }))).status).toBe(200)
  })

  describe('models', () => {
    test('the list is the key’s', async () => {
      const ids = async (key: string): Promise<readonly string[]> =>
        (await desk.read('/models', key)).data.map((model: { id: string }) => model.id)
      expect(await ids(await desk.newKey({ models: ['gpt-4o'] }))).toEqual(['gpt-4o'])
      expect(await ids(await desk.newKey())).toEqual(expect.arrayContaining([...MODELS]))
    })

    test('information has the id of each deployment', async () => {
      const { data } = await desk.read('/model/info')
      for (const { model_info } of data) expect(model_info.id).toEqual(expect.any(String))
    })

    test('a new one serves, and a deleted one does not', async () => {
      const model_name = unique('new')
      const { litellm_params } = mockModel(model_name, desk.mock.apiBase)
      const { model_id } = await desk.done('/model/new', { model_name, litellm_params, model_info: {} })
      const key = await desk.newKey()
      expect((await desk.chat(model_name, key)).status).toBe(200)
      await desk.done('/model/delete', { id: model_id })
      expect((await desk.chat(model_name, key)).status).toBe(400)
    })
  })

  describe('fallbacks', () => {
    test('`mock_testing_fallbacks` is answered by the fallback', async () => {
      servedByFallback(await desk.chat('with-fallback', await desk.newKey(), { mock_testing_fallbacks: true }))
    })

    test('and so is a call whose provider fails', async () => {
      servedByFallback(await desk.chat('broken', await desk.newKey(), { num_retries: 0 }))
    })

    function servedByFallback({ status, headers }: Answer): void {
      expect(status).toBe(200)
      expect(Number(headers.get('x-litellm-attempted-fallbacks'))).toBeGreaterThanOrEqual(1)
      expect(headers.get('x-litellm-model-id')).toBe('gpt-4o-deployment')
    }
  })

  describe('errors', () => {
    test('a model that nobody serves is 400, a wrong key 401', async () => {
      expectError(await desk.chat(unique('no'), await desk.newKey()), 400, {
        message: 'Invalid model name passed in model=',
      })
      expectError(await desk.chat('gpt-4o', chosenKey()), 401)
    })

    test.each([
      ['mock-401', 401, OpenAI.AuthenticationError],
      ['mock-404', 404, OpenAI.NotFoundError],
      ['mock-429', 429, OpenAI.RateLimitError],
    ])('%s keeps its status and its class', async (model, status, kind) => {
      const client = new OpenAI({ baseURL: desk.gateway.url, apiKey: await desk.newKey(), maxRetries: 0 })
      const error = await errorOf(
        client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hi' }] }),
      )
      expect(error).toBeInstanceOf(kind)
      expect(error.status).toBe(status)
    })
  })

  test.each(['/health/liveliness', '/health/liveness', '/health/readiness'])('health: %s is 200', async (path) => {
    expect((await desk.get(path, '')).status).toBe(200)
  })

  describe('end users', () => {
    test('`user` makes the customer spend', async () => {
      const user = unique('customer')
      expect((await desk.chat('gpt-4o', await desk.newKey(), { user })).status).toBe(200)
      await expect
        .poll(async () => (await desk.get(query('/end_user/info', { end_user_id: user }))).json?.spend, SOON)
        .toBeCloseTo(CHAT_COST, 8)
    })

    test('a blocked one is refused, and unblocked served', async () => {
      const user = unique('customer')
      const key = await desk.newKey()
      await desk.done('/customer/new', { user_id: user })
      await desk.done('/customer/block', { user_ids: [user] })
      expect((await desk.chat('gpt-4o', key, { user })).status).toBeGreaterThanOrEqual(400)
      await desk.done('/customer/unblock', { user_ids: [user] })
      expect((await desk.chat('gpt-4o', key, { user })).status).toBe(200)
    })

    test('one’s budget is enforced, by whatever key', async () => {
      const user = unique('customer')
      await desk.done('/customer/new', { user_id: user, max_budget: 0.012 })
      expect((await desk.chat('pricey', await desk.newKey(), { ...EIGHT, user })).status).toBe(200)
      const refused = await desk.chat('pricey', await desk.newKey(), { ...EIGHT, user })
      expectError(refused, 429, { message: `ExceededBudget: End User=${user} over budget`, type: 'budget_exceeded' })
    })
  })

  test('organisations: create, list, read, members, delete', async () => {
    const { organization_id } = await desk.done('/organization/new', { organization_alias: unique('org') })
    expect(await desk.read('/organization/list')).toContainEqual(expect.objectContaining({ organization_id }))
    const path = query('/organization/info', { organization_id })
    const user_id = unique('member')
    await desk.done('/organization/member_add', { organization_id, member: { role: 'internal_user', user_id } })
    const change = { organization_id, user_id, role: 'org_admin' }
    expect((await desk.ask('PATCH', '/organization/member_update', { body: change })).status).toBe(200)
    expect((await desk.read(path)).members).toMatchObject([{ user_id, user_role: 'org_admin' }])
    const leave = { organization_id, user_id }
    expect((await desk.ask('DELETE', '/organization/member_delete', { body: leave })).status).toBe(200)
    const end = { organization_ids: [organization_id] }
    expect((await desk.ask('DELETE', '/organization/delete', { body: end })).status).toBe(200)
    expect((await desk.get(path)).status).toBe(404)
  })

  test('headers: call, deployment, cost and the key’s spend', async () => {
    const { headers } = await desk.chat('gpt-4o', await desk.newKey())
    expect(headers.get('x-litellm-call-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers.get('x-litellm-model-id')).toBe('gpt-4o-deployment')
    expect(Number(headers.get('x-litellm-response-cost'))).toBeCloseTo(CHAT_COST, 9)
    expect(Number(headers.get('x-litellm-key-spend'))).toBeCloseTo(CHAT_COST, 9)
  })

  test('headers: the limits of the key', async () => {
    const key = await desk.newKey({ max_budget: 5, tpm_limit: 100_000, rpm_limit: 50 })
    const { headers } = await desk.chat('gpt-4o', key)
    const names = ['max-budget', 'tpm-limit', 'rpm-limit'].map((name) => Number(headers.get(`x-litellm-key-${name}`)))
    expect(names).toEqual([5, 100_000, 50])
  })
})
