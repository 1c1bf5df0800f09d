import { afterEach, expect, test, vi } from 'vitest'
import { mockModel, startGateway } from '../../support/gateway.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../support/stores.ts'
import { CHAT, chat, reach } from '../serving/support/rig.ts'
import type { Answer } from '../serving/support/rig.ts'
import { query } from './support/rows.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

/** 7 tokens of prompt and 100 of answer. */
const ONE_CALL = 7e-6 + 100 * 2e-6
const CALL = chat('metered', { max_tokens: 100 })

/** All have asked before the first one ends. */
async function slowMock(firstByteDelayMs = 4_000): Promise<MockUpstream> {
  const mock = await startMockUpstream()
  stops.push(() => mock.close())
  mock.script('metered', { words: 1_000, firstByteDelayMs })
  return mock
}

async function gatewayOf(mock: MockUpstream, more: object = {}, settings: object = {}): Promise<RunningGateway> {
  const config = { model_list: [mockModel('metered', mock.apiBase)], router_settings: { num_retries: 0 }, ...settings }
  const gateway = await startGateway({ config, ...more })
  stops.push(() => gateway.stop())
  return gateway
}

async function flood(gateways: readonly RunningGateway[], key: string): Promise<readonly Answer[]> {
  const clients = gateways.map(reach)
  const each = 200 / clients.length
  return Promise.all(clients.flatMap(({ post }) => Array.from({ length: each }, () => post(CHAT, CALL, { key }))))
}

function statuses(answers: readonly Answer[]): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(answers, ({ status }) => String(status))].map(([s, all]) => [s, all.length]),
  )
}

async function spendOf(gateway: RunningGateway, key: string): Promise<number> {
  const { text } = await reach(gateway).get(`/key/info?key=${key}`)
  const told: { readonly info: { readonly spend: number } } = JSON.parse(text)
  return told.info.spend
}

test('AC-107, INV-27: of 200 parallel calls on two replicas exactly the 10 that the budget pays for are admitted', async () => {
  const mock = await slowMock()
  const database = await createDatabase()
  stops.push(() => database.drop())
  const gateways = [
    await gatewayOf(mock, { databaseUrl: database.url }),
    await gatewayOf(mock, { databaseUrl: database.url }),
  ]
  const [first] = gateways
  if (first === undefined) throw new Error('no gateway')
  const key = await reach(first).newKey({ max_budget: 10 * ONE_CALL })

  const answers = await flood(gateways, key)
  expect(statuses(answers)).toEqual({ 200: 10, 429: 190 })
  expect(mock.bill.entries).toHaveLength(10)
  const refused = answers.find(({ status }) => status === 429)
  expect(JSON.parse(refused?.text ?? '')).toMatchObject({
    error: {
      type: 'budget_exceeded',
      param: null,
      code: '429',
      message: expect.stringContaining('Max budget: 0.00207'),
    },
  })
  await vi.waitFor(async () => {
    const [held] = await query(database.url, 'select sum(held_pico)::text as held from latchkey.budget_account')
    expect(held).toEqual({ held: '0' })
  })
  const spent = await spendOf(first, key)
  expect(spent).toBeLessThanOrEqual(10 * ONE_CALL)
  expect(spent).toBeGreaterThan(9 * ONE_CALL)
})

test('AC-107, INV-27: the same for the budget of a model, of a tag and of everybody', async () => {
  const mock = await slowMock()
  const database = await createDatabase()
  stops.push(() => database.drop())
  const bounds = { litellm_settings: { max_budget: 30 * ONE_CALL } }
  const gateways = [
    await gatewayOf(mock, { databaseUrl: database.url }, bounds),
    await gatewayOf(mock, { databaseUrl: database.url }, bounds),
  ]
  const [first] = gateways
  if (first === undefined) throw new Error('no gateway')
  const { newKey, post } = reach(first)
  const ofModel = await newKey({ model_max_budget: { metered: { budget_limit: 10 * ONE_CALL, time_period: '30d' } } })
  expect((await post('/tag/new', { name: 'bounded', max_budget: 10 * ONE_CALL })).status).toBe(200)
  const ofTag = await newKey({ tags: ['bounded'] })
  expect(statuses(await flood(gateways, ofModel))).toEqual({ 200: 10, 429: 190 })
  expect(statuses(await flood(gateways, ofTag))).toEqual({ 200: 10, 429: 190 })
  expect(mock.bill.entries).toHaveLength(20)
  // What calls leave of what was held for them pays for short ones, of as many as still ask by then.
  const { 200: passed } = statuses(await flood(gateways, await newKey()))
  expect(passed).toBeGreaterThanOrEqual(10)
  const total: { readonly spend: number } = JSON.parse((await reach(first).get('/global/spend')).text)
  expect(total.spend).toBeLessThanOrEqual(30 * ONE_CALL)
})

test('AC-107: the same on the embedded store', async () => {
  const mock = await slowMock()
  const gateway = await gatewayOf(mock)
  const key = await reach(gateway).newKey({ max_budget: 10 * ONE_CALL })
  expect(statuses(await flood([gateway], key))).toEqual({ 200: 10, 429: 190 })
  expect(await spendOf(gateway, key)).toBeLessThanOrEqual(10 * ONE_CALL)
})

test('a budget is usable almost to its last cent, and refuses nothing that fits', async () => {
  const mock = await slowMock(0)
  const gateway = await gatewayOf(mock)
  const key = await reach(gateway).newKey({ max_budget: 50 * ONE_CALL })
  let admitted = 0
  for (; admitted < 80; admitted += 1) {
    const { status } = await reach(gateway).post(CHAT, CALL, { key })
    if (status !== 200) break
  }
  expect(admitted).toBeGreaterThanOrEqual(50)
  const spent = await spendOf(gateway, key)
  expect(spent).toBeLessThanOrEqual(50 * ONE_CALL)
  expect(spent).toBeGreaterThan(0.98 * 50 * ONE_CALL)
})

test('INV-28: kill -9 loses nothing: what was held stays held, and counts as spent once it expires', async () => {
  const mock = await slowMock(60_000)
  const database = await createDatabase()
  stops.push(() => database.drop())
  const killed = await startGateway({
    config: { model_list: [mockModel('metered', mock.apiBase)] },
    databaseUrl: database.url,
  })
  const key = await reach(killed).newKey({ max_budget: 2.2 * ONE_CALL })
  const lost = [1, 2].map(() =>
    reach(killed)
      .post(CHAT, CALL, { key })
      .catch(() => 'lost'),
  )
  await vi.waitFor(() => expect(mock.requests.all.length).toBe(2), { timeout: 10_000 })
  await killed.kill9()
  expect(await Promise.all(lost)).toEqual(['lost', 'lost'])

  const next = await gatewayOf(mock, { databaseUrl: database.url })
  expect((await reach(next).post(CHAT, CALL, { key })).text).toContain('Current cost: 0, Max budget')
  await query(database.url, "update latchkey.budget_hold set expires_at = now() - interval '1 second'")
  const { status, text } = await reach(next).post(CHAT, CALL, { key })
  expect(status).toBe(429)
  expect(text).toMatch(/Current cost: 0\.0004\d+, Max budget/)
})
