import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { LITTLE, useUp } from './support/use-up.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ configure: ({ apiBase }) => ({ model_list: [mockModel('metered', apiBase)] }) })
  rig.mock.script('metered', { words: 100 })
})
afterAll(() => rig.close())

test('a soft budget stops nothing; that it is crossed is told in the log, in the metrics and with the key', async () => {
  const flagOf = async (key: string): Promise<unknown> => {
    const told: { readonly info: Record<string, unknown> } = JSON.parse((await rig.get(`/key/info?key=${key}`)).text)
    return told.info['soft_budget_cooldown']
  }
  const key = await rig.newKey({ key_alias: 'reports', soft_budget: LITTLE, budget_duration: '1d' })
  const other = await rig.newKey({ key_alias: 'thrifty', soft_budget: 1 })
  expect(await flagOf(key)).toBe(false)
  expect((await useUp(rig, key)).passed).toBe(12)
  expect([await flagOf(key), await flagOf(other)]).toEqual([true, false])
  const told = () =>
    rig.gateway
      .stderr()
      .split('\n')
      .filter((line) => line.includes('a soft budget is crossed'))
  await vi.waitFor(
    async () => {
      expect(told()).toHaveLength(1)
      expect((await rig.get('/metrics')).text).toContain('latchkey_soft_budgets_crossed{kind="key"} 1')
    },
    { timeout: 40_000, interval: 200 },
  )
  expect(JSON.parse(told()[0] ?? '')).toMatchObject({
    event: 'soft_budget_crossed',
    kind: 'key',
    name: 'reports',
    soft_budget: String(LITTLE),
  })
})
