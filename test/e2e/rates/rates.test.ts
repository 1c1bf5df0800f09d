import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { MASTER_KEY, bearer, mockModel, startGateway } from '../../support/gateway.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { SERVER_ERROR } from '../../support/mock-upstream/provider-errors.ts'
import { createDatabase } from '../../support/stores.ts'
import { CHAT, chat, errorOf, reach, startRig } from '../serving/support/rig.ts'
import type { Answer, Rig } from '../serving/support/rig.ts'

const models = (apiBase: string): Record<string, unknown> => ({
  model_list: ['m', 'other', 'an odd/m:1', 'wild/*'].map((name) => mockModel(name, apiBase)),
  litellm_settings: { model_alias_map: { nickname: 'm' } },
  router_settings: { num_retries: 0 },
})

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ configure: ({ apiBase }) => models(apiBase) })
})
beforeEach(() => rig.mock.clear())
afterAll(() => rig.close())

const call = (key: string, more: object = {}): Promise<Answer> => rig.post(CHAT, chat('m', more), { key })
const statuses = async (calls: readonly Promise<Answer>[]): Promise<readonly number[]> =>
  (await Promise.all(calls)).map(({ status }) => status)

async function manage<Made>(path: string, body: object): Promise<Made> {
  const { status, text } = await rig.post(path, body)
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
  const made: Made = JSON.parse(text)
  return made
}

describe('6.5: requests', () => {
  test('what is over is refused with the words, the headers and the class that clients know', async () => {
    const key = await rig.newKey({ rpm_limit: 2, key_alias: 'twice' })
    const first = await call(key)
    expect(first.headers.get('x-ratelimit-api_key-limit-requests')).toBe('2')
    expect(first.headers.get('x-ratelimit-api_key-remaining-requests')).toBe('1')
    expect((await call(key)).headers.get('x-ratelimit-api_key-remaining-requests')).toBe('0')

    const third = await call(key)
    expect(third.status).toBe(429)
    const { error } = JSON.parse(third.text) as { error: Record<string, unknown> }
    expect(error).toMatchObject({ type: 'None', param: 'None', code: '429' })
    expect(error['message']).toMatch(
      /^Rate limit exceeded for api_key: twice\. Limit type: requests\. Current limit: 2, Remaining: 0\. Limit resets at: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
    )
    expect(third.headers.get('rate_limit_type')).toBe('requests')
    expect(third.headers.get('reset_at')).toMatch(/ UTC$/)
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(third.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect(third.text).not.toContain(key)

    const refused = await errorOf(rig.client(key).chat.completions.create(chat('m') as never))
    expect(refused).toBeInstanceOf(OpenAI.RateLimitError)
  })

  test('1.6, 1.7: what the key has left stands where clients look for it, in place of the provider’s', async () => {
    const key = await rig.newKey({
      rpm_limit: 7,
      model_rpm_limit: { 'an odd/m:1': 5, m: 4 },
      model_tpm_limit: { m: 900 },
    })
    const { headers } = await call(key)
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-ratelimit-limit-requests': '7',
      'x-ratelimit-remaining-requests': '6',
      'x-ratelimit-reset-requests': expect.stringMatching(/^\d+s$/),
      'llm_provider-x-ratelimit-limit-requests': '10000',
      'x-litellm-key-remaining-requests-m': '3',
      'x-litellm-key-remaining-tokens-m': '900',
    })
    const odd = (await rig.post(CHAT, chat('an odd/m:1'), { key })).headers
    expect(odd.get('x-litellm-key-remaining-requests-an-odd-m-1')).toBe('4')
    expect((await rig.post(CHAT, chat('m'))).headers.get('x-ratelimit-remaining-requests')).toBe('9999')
  })

  test('a call that fails counts; one that is refused before it counts nowhere', async () => {
    const key = await rig.newKey({ rpm_limit: 2, models: ['m'] })
    expect((await rig.post(CHAT, chat('other'), { key })).status).toBe(401)
    expect((await rig.post(CHAT, { model: 'm' }, { key })).status).toBe(400)
    rig.mock.script('m', { refusal: SERVER_ERROR })
    expect((await call(key)).status).toBe(500)
    rig.mock.clear()
    expect([(await call(key)).status, (await call(key)).status]).toEqual([200, 429])
  })

  test('nothing is let through where nothing may be, and an update counts at once', async () => {
    const key = await rig.newKey({ rpm_limit: 0 })
    expect((await call(key)).status).toBe(429)
    await manage('/key/update', { key, rpm_limit: 1 })
    expect([(await call(key)).status, (await call(key)).status]).toEqual([200, 429])
    await manage('/key/update', { key, rpm_limit: null })
    expect((await call(key)).status).toBe(200)
  })

  test('of many at once exactly as many as may be', async () => {
    const key = await rig.newKey({ rpm_limit: 7 })
    const all = await statuses(Array.from({ length: 30 }, () => call(key)))
    expect(all.filter((status) => status === 200)).toHaveLength(7)
  })

  test.each([
    { named: 'm', asked: 'm' },
    { named: 'm', asked: 'quick' },
    { named: 'm', asked: 'nickname' },
    { named: 'quick', asked: 'm' },
    { named: 'openai/m', asked: 'm' },
    { named: 'wild/*', asked: 'wild/one' },
  ])('one model of a key: a limit of $named, asked for as $asked', async ({ named, asked }) => {
    const key = await rig.newKey({ model_rpm_limit: { [named]: 1 }, aliases: { quick: 'm' } })
    expect((await rig.post(CHAT, chat(asked), { key })).status).toBe(200)
    const { status, text } = await rig.post(CHAT, chat(asked), { key })
    expect([status, text]).toEqual([429, expect.stringContaining(`:${named}. Limit type: requests`)])
    expect((await rig.post(CHAT, chat('other'), { key })).status).toBe(200)
  })

  test('a user, over all keys; and who the user is by a key of a team as well', async () => {
    const { user_id: userId } = await manage<{ user_id: string }>('/user/new', { rpm_limit: 2, auto_create_key: false })
    const { team_id: teamId } = await manage<{ team_id: string }>('/team/new', {
      members_with_roles: [{ role: 'user', user_id: userId }],
    })
    const [own, teams] = [await rig.newKey({ user_id: userId }), await rig.newKey({ user_id: userId, team_id: teamId })]
    expect([(await call(own)).status, (await call(teams)).status, (await call(own)).status]).toEqual([200, 200, 429])
    expect((await call(teams)).text).toContain(`Rate limit exceeded for user: ${userId}`)
  })

  test('one model of a user, and one of an organisation, over all keys', async () => {
    const rates = { model_rpm_limit: { m: 1 } }
    const { key: first, user_id: userId } = await manage<{ key: string; user_id: string }>('/user/new', rates)
    const second = await rig.newKey({ user_id: userId })
    expect([(await call(first)).status, (await call(second)).status]).toEqual([200, 429])
    expect((await call(first)).text).toContain(`Rate limit exceeded for model_per_user: ${userId}:m`)
    expect((await rig.post(CHAT, chat('other'), { key: first })).status).toBe(200)

    const { organization_id } = await manage<{ organization_id: string }>('/organization/new', {
      organization_alias: 'umbrella',
      ...rates,
    })
    const [one, two] = [await rig.newKey({ organization_id }), await rig.newKey({ organization_id })]
    expect([(await call(one)).status, (await call(two)).status]).toEqual([200, 429])
    expect((await call(one)).text).toContain(`Rate limit exceeded for model_per_organization: ${organization_id}:m`)
    expect((await rig.post(CHAT, chat('other'), { key: two })).status).toBe(200)
  })

  test('a team, its models, a member, an organisation and a customer', async () => {
    const { team_id: teamId } = await manage<{ team_id: string }>('/team/new', {
      rpm_limit: 3,
      model_rpm_limit: { m: 2 },
    })
    const key = await rig.newKey({ team_id: teamId })
    await call(key)
    await call(key)
    expect((await call(key)).text).toContain('Rate limit exceeded for model_per_team')
    expect((await rig.post(CHAT, chat('other'), { key })).status).toBe(200)
    expect((await rig.post(CHAT, chat('other'), { key })).text).toContain(`Rate limit exceeded for team: ${teamId}`)

    const { organization_id: orgId } = await manage<{ organization_id: string }>('/organization/new', {
      organization_alias: 'acme',
      rpm_limit: 1,
    })
    const ofOrg = await rig.newKey({ organization_id: orgId })
    expect([(await call(ofOrg)).status, (await call(ofOrg)).status]).toEqual([200, 429])

    const { budget_id: budgetId } = await manage<{ budget_id: string }>('/budget/new', {
      rpm_limit: 1,
      max_budget: 1_000,
    })
    await manage('/customer/new', { user_id: 'busy', budget_id: budgetId })
    expect((await call(MASTER_KEY, { user: 'busy' })).status).toBe(200)
    expect((await call(MASTER_KEY, { user: 'busy' })).text).toContain('Rate limit exceeded for end_user: busy')
    expect((await call(MASTER_KEY, { user: 'calm' })).status).toBe(200)
  })
})

describe('6.5: tokens', () => {
  test('those that were used stop the next call, and what is asked about is not counted', async () => {
    const key = await rig.newKey({ tpm_limit: 5 })
    const first = await call(key)
    expect(first.status).toBe(200)
    expect(first.headers.get('x-ratelimit-api_key-limit-tokens')).toBe('5')
    const second = await call(key)
    expect([second.status, second.headers.get('rate_limit_type')]).toEqual([429, 'tokens'])
    expect(second.text).toContain('Limit type: tokens. Current limit: 5, Remaining: 0.')
  })

  test('of a stream too', async () => {
    const key = await rig.newKey({ tpm_limit: 5 })
    expect((await call(key, { stream: true })).status).toBe(200)
    expect((await call(key)).status).toBe(429)
  })
})

describe('6.5: calls at once', () => {
  test('whoever waits for an answer before asking again is never refused', async () => {
    const key = await rig.newKey({ max_parallel_requests: 1 })
    for (let n = 0; n < 15; n += 1) {
      expect((await call(key, n % 2 === 0 ? {} : { stream: true })).status).toBe(200)
    }
  })

  test('the place of a call that runs is taken, and free when it was given up', async () => {
    const key = await rig.newKey({ max_parallel_requests: 1 })
    rig.mock.script('m', { firstByteDelayMs: 60_000 })
    const controller = new AbortController()
    const seen = rig.mock.requests.total
    const running = fetch(rig.gateway.url + CHAT, {
      method: 'POST',
      headers: bearer(key),
      body: JSON.stringify(chat('m')),
      signal: controller.signal,
    }).catch(() => undefined)
    await vi.waitFor(() => expect(rig.mock.requests.total).toBe(seen + 1), 10_000)
    const other = await rig.post(CHAT, chat('other'), { key })
    expect([other.status, other.headers.get('rate_limit_type')]).toEqual([429, 'max_parallel_requests'])
    controller.abort()
    await running
    rig.mock.clear()
    await vi.waitFor(async () => expect((await call(key)).status).toBe(200), { timeout: 10_000, interval: 50 })
  })

  test('and when it failed', async () => {
    const key = await rig.newKey({ max_parallel_requests: 1 })
    for (let n = 0; n < 3; n += 1) {
      rig.mock.script('m', { refusal: SERVER_ERROR })
      expect((await call(key)).status).toBe(500)
      rig.mock.clear()
      expect((await call(key)).status).toBe(200)
    }
  })
})

test('a call that its budget refuses is counted by no rate, and one that its rate refuses holds no budget', async () => {
  const key = await rig.newKey({ rpm_limit: 1, max_budget: 1 })
  await manage('/key/update', { key, max_budget: 1e-12 })
  expect((await call(key)).text).toContain('Budget has been exceeded')
  await manage('/key/update', { key, max_budget: 1 })
  expect([(await call(key)).status, (await call(key)).status]).toEqual([200, 429])
})

test('an explanation tells of the rate and counts nothing', async () => {
  const key = await rig.newKey({ rpm_limit: 1 })
  const explain = async (): Promise<string> =>
    (await rig.post('/authz/explain', { key, route: '/v1/chat/completions', model: 'm' })).text
  expect(await explain()).toContain('"allow"')
  expect((await call(key)).status).toBe(200)
  const told = await explain()
  expect(told).toContain('rate_limited')
})

test('6.5: two replicas count together', async () => {
  const database = await createDatabase()
  const started: RunningGateway[] = []
  try {
    for (let n = 0; n < 2; n += 1)
      started.push(await startGateway({ databaseUrl: database.url, config: models(rig.mock.apiBase) }))
    const replicas = started.map((gateway) => reach(gateway))
    const key = await replicas[0]?.newKey({ rpm_limit: 6 })
    const calls = replicas.flatMap(({ post }) =>
      Array.from({ length: 12 }, () => post(CHAT, chat('m'), { key: key ?? '' })),
    )
    const all = await statuses(calls)
    expect(all.filter((status) => status === 200)).toHaveLength(6)
  } finally {
    await Promise.all(started.map((gateway) => gateway.stop()))
    await database.drop()
  }
})

test('on the embedded store, and by the kind of token and the window that the operator set', async () => {
  const gateway = await startGateway({
    config: {
      ...models(rig.mock.apiBase),
      general_settings: { master_key: MASTER_KEY, token_rate_limit_type: 'output' },
    },
    env: { LITELLM_RATE_LIMIT_WINDOW_SIZE: '2' },
  })
  try {
    const { newKey, post } = reach(gateway)
    const key = await newKey({ rpm_limit: 2 })
    const status = async (): Promise<number> => (await post(CHAT, chat('m'), { key })).status
    expect([await status(), await status(), await status()]).toEqual([200, 200, 429])
    await vi.waitFor(async () => expect(await status()).toBe(200), { timeout: 10_000, interval: 200 })
  } finally {
    await gateway.stop()
  }
})
