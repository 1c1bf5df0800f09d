import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { CHAT, chat, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'

let rig: Rig

const PER_SECOND = 0.01

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [
        mockModel('by-time', apiBase, {
          input_cost_per_token: undefined,
          output_cost_per_token: undefined,
          input_cost_per_second: PER_SECOND,
          timeout: 900,
        }),
      ],
      router_settings: { num_retries: 0, timeout: 60 },
    }),
  })
})
afterAll(() => rig.close())

const spendOf = async (key: string): Promise<number> => {
  const { info }: { readonly info: { readonly spend: number } } = JSON.parse((await rig.get('/key/info', { key })).text)
  return info.spend
}

test('a call holds the time that it may take: its own limit, else that of its deployment', async () => {
  const key = await rig.newKey({ max_budget: 100 * PER_SECOND })
  expect((await rig.post(CHAT, chat('by-time'), { key })).status).toBe(429)
  expect((await rig.post(CHAT, chat('by-time', { timeout: 99 }), { key })).status).toBe(200)
  const rich = await rig.newKey({ max_budget: 900 * PER_SECOND })
  expect((await rig.post(CHAT, chat('by-time'), { key: rich })).status).toBe(200)
})

test('a stream under a budget is ended when the time is over that is held for it, and costs no more', async () => {
  rig.mock.script('by-time', { words: 100_000, gapMs: 20, times: 1 })
  const key = await rig.newKey({ max_budget: PER_SECOND })
  const { status, text } = await rig.post(CHAT, chat('by-time', { stream: true, timeout: 1 }), { key })
  expect([status, text]).toEqual([200, expect.stringContaining('"error"')])
  expect(await spendOf(key)).toBe(PER_SECOND)
})
