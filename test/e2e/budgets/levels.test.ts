import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { mockModel, startGateway } from '../../support/gateway.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../support/stores.ts'
import { CHAT, chat, reach } from '../serving/support/rig.ts'
import { budgetRow, customerRow, memberRow, organizationRow, query, teamRow, userRow } from './support/rows.ts'

let mock: MockUpstream
let database: Awaited<ReturnType<typeof createDatabase>>
let gateway: RunningGateway
let newKey: ReturnType<typeof reach>['newKey']
let post: ReturnType<typeof reach>['post']

beforeAll(async () => {
  mock = await startMockUpstream()
  database = await createDatabase()
  const models = [
    mockModel('metered', mock.apiBase),
    mockModel('free', mock.apiBase, { input_cost_per_token: 0, output_cost_per_token: 0 }),
    { model_name: 'unpriced', litellm_params: { model: 'openai/nobody-knows', api_base: mock.apiBase, api_key: 'k' } },
  ]
  gateway = await startGateway({
    config: { model_list: models, router_settings: { num_retries: 0 } },
    databaseUrl: database.url,
  })
  ;({ newKey, post } = reach(gateway))
  mock.script('metered', { words: 100 })
  await query(
    database.url,
    [
      budgetRow('small', 0.001),
      budgetRow('large', 1000),
      budgetRow('short', 0.001, '5s'),
      budgetRow('day', 0.001, '1d'),
      teamRow('poor', { budget: 0.001 }),
      teamRow('rich', { budget: 1000, memberBudget: 'small' }),
      userRow('ana', 0.001),
      userRow('ben', 0.001),
      memberRow('rich', 'ben', 'large'),
      userRow('cid', 1000),
      memberRow('rich', 'cid'),
      organizationRow('org', 'small'),
      customerRow('customer', 'small'),
    ].join('\n'),
  )
})
afterAll(async () => {
  await gateway.stop()
  await mock.close()
  await database.drop()
})

const CALL = chat('metered', { max_tokens: 100 })

/** How many calls pass, and what the first refusal says. */
async function useUp(key: string, call: object = CALL): Promise<{ passed: number; message: string; headers: Headers }> {
  for (let passed = 0; passed < 30; passed += 1) {
    const { status, text, headers } = await post(CHAT, call, { key })
    if (status === 200) continue
    const { error }: { readonly error: { readonly message: string } } = JSON.parse(text)
    expect([status, error]).toEqual([
      429,
      expect.objectContaining({ type: 'budget_exceeded', param: null, code: '429' }),
    ])
    return { passed, message: error.message, headers }
  }
  return { passed: 30, message: '', headers: new Headers() }
}

test.each([
  {
    level: 'the key',
    fields: { max_budget: 0.001 },
    says: /^Budget has been exceeded! Current cost: 0\.000\d+, Max budget: 0\.001/,
  },
  {
    level: 'the shared budget of the key',
    fields: { budget_id: 'small' },
    says: /^Budget has been exceeded! Current cost: /,
  },
  { level: 'the team', fields: { team_id: 'poor' }, says: /^Budget has been exceeded! Team=poor Current cost: / },
  {
    level: 'the member',
    fields: { team_id: 'rich', user_id: 'cid' },
    says: /^Budget has been exceeded! User=cid in Team=rich Current cost: /,
  },
  {
    level: 'the user',
    fields: { user_id: 'ana' },
    says: /^ExceededBudget: User=ana over budget\. Spend=0\.000\d+, Budget=0\.001/,
  },
  {
    level: 'the organisation',
    fields: { organization_id: 'org' },
    says: /^Budget has been exceeded! Organization=org Current cost: /,
  },
])('the budget of $level stops its calls, and says whose it is', async ({ fields, says }) => {
  const { passed, message } = await useUp(await newKey(fields))
  expect(passed).toBeGreaterThanOrEqual(4)
  expect(passed).toBeLessThanOrEqual(7)
  expect(message).toMatch(says)
})

test('the budget of a customer stops the calls that name it, whoever makes them', async () => {
  const key = await newKey()
  const { message } = await useUp(key, { ...CALL, user: 'customer' })
  expect(message).toMatch(/^ExceededBudget: End User=customer over budget\. Spend=0\.000\d+, Budget=0\.001/)
  expect((await post(CHAT, { ...CALL, user: 'customer' })).status).toBe(429)
  expect((await post(CHAT, CALL, { key })).status).toBe(200)
})

test("a key of a team is the team's to pay for: its user's own budget does not count", async () => {
  const { passed } = await useUp(await newKey({ team_id: 'rich', user_id: 'ben' }))
  expect(passed).toBe(30)
})

test('a budget of zero refuses at once', async () => {
  const { passed, message } = await useUp(await newKey({ max_budget: 0 }))
  expect([passed, message]).toEqual([0, 'Budget has been exceeded! Current cost: 0, Max budget: 0'])
})

test('a window that ends lets calls pass again; the refusal says when', async () => {
  const key = await newKey({ budget_id: 'short' })
  const { message, headers } = await useUp(key)
  expect(message).toMatch(/The budget starts anew at \d{4}-\d\d-\d\dT/)
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(5)
  await vi.waitFor(async () => expect((await post(CHAT, CALL, { key })).status).toBe(200), {
    timeout: 8_000,
    interval: 200,
  })
  const ofDay = await useUp(await newKey({ budget_id: 'day' }))
  expect(Number(ofDay.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('a free model costs no budget, and one without a price is refused', async () => {
  const key = await newKey({ max_budget: 0 })
  expect((await post(CHAT, chat('free'), { key })).status).toBe(200)
  const rich = await newKey({ max_budget: 100 })
  const { status, text } = await post(CHAT, chat('unpriced'), { key: rich })
  expect([status, text]).toEqual([400, expect.stringContaining('input_cost_per_token')])
  expect((await post(CHAT, chat('unpriced'), { key: await newKey() })).status).toBe(200)
})

test('a remainder that is too small for the whole answer caps it, and the upstream is told', async () => {
  const key = await newKey({ max_budget: 150e-6 })
  expect((await post(CHAT, CALL, { key })).status).toBe(200)
  const sent: { readonly max_tokens: number } = JSON.parse(String(mock.requests.all.at(-1)?.body))
  expect(sent.max_tokens).toBeGreaterThanOrEqual(16)
  expect(sent.max_tokens).toBeLessThan(75)
})

test('`compat.budget_error_status` brings the older status back', async () => {
  const older = await startGateway({
    config: { model_list: [mockModel('metered', mock.apiBase)], compat: { budget_error_status: 400 } },
    databaseUrl: database.url,
    env: { OPENAI_API_KEY: 'sk-upstream-secret-0123456789', OPENAI_API_BASE: mock.url },
  })
  const key = await newKey({ max_budget: 0 })
  const some = await newKey({ max_budget: 0.001, allowed_passthrough_routes: ['/openai'] })
  const asked = [
    await reach(older).post(CHAT, CALL, { key }),
    await reach(older).post(`/openai${CHAT}`, chat('gpt-4o-mini', { max_tokens: 1_000_000 }), { key: some }),
  ]
  await older.stop()
  for (const { status, text } of asked)
    expect([status, JSON.parse(text)]).toMatchObject([
      400,
      { error: { type: 'budget_exceeded', param: null, code: '400' } },
    ])
})

test('a temporary increase counts while it lasts', async () => {
  const key = await newKey({ max_budget: 0 })
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const body = { key, temp_budget_increase: 1, temp_budget_expiry: until }
  expect((await post('/key/update', body)).status).toBe(200)
  expect((await post(CHAT, CALL, { key })).status).toBe(200)
  await query(
    database.url,
    "update latchkey.virtual_key set temp_budget_expires_at = now() - interval '1 second' where temp_budget_expires_at is not null",
  )
  await vi.waitFor(async () => expect((await post(CHAT, CALL, { key })).status).toBe(429), { timeout: 5_000 })
})
