import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { CHAT, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { CALL, LITTLE, expectFew, useUp } from './support/use-up.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [mockModel('metered', apiBase)],
      router_settings: { num_retries: 0 },
    }),
  })
  rig.mock.script('metered', { words: 100 })
})
afterAll(() => rig.close())

const DAY_AND_MONTH = [
  { budget_duration: '1d', max_budget: LITTLE },
  { budget_duration: '30d', max_budget: 10 * LITTLE },
]

test('of several budgets of a key each holds, and the one without room says its period', async () => {
  const key = await rig.newKey({ budget_limits: DAY_AND_MONTH })
  const used = await useUp(rig, key)
  expectFew(used)
  expect(used.message).toMatch(/^ExceededBudget: Key over 1d budget\. Spend=\$0\.000\d+, Limit=\$0\.001\b/)
  expect(used.message).toMatch(/The budget starts anew at \S+T00:00:00\.000Z$/)
  const lowered = await rig.post('/key/update', {
    key,
    budget_limits: [
      { budget_duration: '1d', max_budget: 1 },
      { budget_duration: '30d', max_budget: LITTLE / 2 },
    ],
  })
  expect(lowered.status).toBe(200)
  const { status, text } = await rig.post(CHAT, CALL, { key })
  expect([status, text]).toEqual([429, expect.stringContaining('Key over 30d budget')])
  expect((await rig.post('/key/update', { key, budget_limits: null })).status).toBe(200)
  expect((await rig.post(CHAT, CALL, { key })).status).toBe(200)
})

test('so do those of a team, for all its keys together', async () => {
  const made = await rig.post('/team/new', { team_id: 'red', budget_limits: DAY_AND_MONTH })
  expect(made.status).toBe(200)
  const used = await useUp(rig, await rig.newKey({ team_id: 'red' }))
  expectFew(used)
  expect(used.message).toMatch(/^ExceededBudget: Team=red over 1d budget\. Spend=\$0\.000\d+, Limit=\$0\.001\b/)
  expect((await useUp(rig, await rig.newKey({ team_id: 'red' }))).passed).toBe(0)
})

test('a period that ends lets calls pass again', async () => {
  const key = await rig.newKey({ budget_limits: [{ budget_duration: '5s', max_budget: LITTLE }] })
  expect((await useUp(rig, key)).message).toContain('Key over 5s budget')
  await vi.waitFor(async () => expect((await rig.post(CHAT, CALL, { key })).status).toBe(200), {
    timeout: 8_000,
    interval: 200,
  })
})

test('they come back as they were said, with the next start of each', async () => {
  const key = await rig.newKey({ budget_limits: DAY_AND_MONTH })
  const { info }: { readonly info: object } = JSON.parse((await rig.get(`/key/info?key=${key}`)).text)
  const told = DAY_AND_MONTH.map((slot) => ({ ...slot, reset_at: expect.stringMatching(/T00:00:00\.000Z$/) }))
  expect(info).toMatchObject({ budget_limits: told })
  const { team_info }: { readonly team_info: object } = JSON.parse((await rig.get('/team/info?team_id=red')).text)
  expect(team_info).toMatchObject({ budget_limits: told })
})

test.each([
  [{ budget_duration: 'ever', max_budget: 1 }],
  [{ budget_duration: '1d', max_budget: -1 }],
  [{ budget_duration: '1d' }],
])('%j is refused', async (slot) => {
  for (const path of ['/key/generate', '/team/new'])
    expect([400, 422]).toContain((await rig.post(path, { budget_limits: [slot] })).status)
  expect((await rig.post('/key/generate', { metadata: { budget_limits: DAY_AND_MONTH } })).status).toBe(400)
})
