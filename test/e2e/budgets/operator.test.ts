import { afterEach, describe, expect, test, vi } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { CHAT, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { CALL, LITTLE, expectFew, useUp } from './support/use-up.ts'

let rig: Rig
afterEach(() => rig.close())

async function start(litellm: object, router: object = {}, models: readonly object[] = []): Promise<void> {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [mockModel('metered', apiBase), ...models],
      litellm_settings: litellm,
      router_settings: { num_retries: 0, ...router },
    }),
  })
  rig.mock.script('metered', { words: 100 })
}

describe('what all may spend together', () => {
  test('stops everybody, the master key included, but for reading', async () => {
    await start({ max_budget: LITTLE, budget_duration: '30d' })
    const keys = [await rig.newKey(), await rig.newKey()]
    let passed = 0
    for (; passed < 12; passed += 1)
      if ((await rig.post(CHAT, CALL, { key: keys[passed % 2] ?? '' })).status !== 200) break
    expectFew({ passed, message: '', headers: new Headers() })
    const { message, passed: none } = await useUp(rig, undefined)
    expect(none).toBe(0)
    expect(message).toMatch(/^Budget has been exceeded! Current cost: 0\.000\d+, Max budget: 0\.001/)
    expect(message).toMatch(/budget of the whole gateway.*starts anew at \d{4}-\d\d-01T00:00:00\.000Z$/)
    expect((await rig.get('/v1/models', { key: keys[0] ?? '' })).status).toBe(200)
    await vi.waitFor(async () => {
      const { text } = await rig.get('/global/spend')
      expect(JSON.parse(text)).toMatchObject({ max_budget: LITTLE, spend: expect.closeTo(LITTLE, 3) })
    })
  })

  test('0 is no bound', async () => {
    await start({ max_budget: 0 })
    expect((await useUp(rig, await rig.newKey())).passed).toBe(12)
  })
})

describe('what may be spent under a tag', () => {
  test.each([
    { said: 'in the body', call: { ...CALL, tags: ['paid'] }, headers: {}, fields: {} },
    { said: 'in the metadata', call: { ...CALL, metadata: { tags: ['x', 'paid'] } }, headers: {}, fields: {} },
    { said: 'by the key', call: CALL, headers: {}, fields: { tags: ['paid'] } },
  ])('by a row of limits, $said', async ({ call, fields }) => {
    await start({})
    const made = await rig.post('/tag/new', { name: 'paid', max_budget: LITTLE, budget_duration: '1d' })
    expect(made.status).toBe(200)
    const used = await useUp(rig, await rig.newKey(fields), call)
    expectFew(used)
    expect(used.message).toMatch(/^Budget has been exceeded! Tag=paid Current cost: 0\.000\d+, Max budget: 0\.001/)
    expect((await useUp(rig, undefined, { ...CALL, tags: ['paid'] })).passed).toBe(0)
    expect((await rig.post(CHAT, CALL, { key: await rig.newKey() })).status).toBe(200)
    expect((await rig.post('/tag/update', { name: 'paid', max_budget: 1 })).status).toBe(200)
    expect((await rig.post(CHAT, { ...CALL, tags: ['paid'] })).status).toBe(200)
    expect((await rig.post('/tag/update', { name: 'paid', max_budget: 0 })).status).toBe(200)
    expect((await rig.post(CHAT, { ...CALL, tags: ['paid'] })).status).toBe(429)
    expect((await rig.post('/tag/delete', { name: 'paid' })).status).toBe(200)
    expect((await rig.post(CHAT, { ...CALL, tags: ['paid'] })).status).toBe(200)
  })

  test("by the operator's file", async () => {
    await start({ tag_budget_config: { paid: { max_budget: LITTLE, budget_duration: '1d' } } })
    const used = await useUp(rig, await rig.newKey(), { ...CALL, tags: ['paid'] })
    expectFew(used)
    expect(used.message).toMatch(/^Budget has been exceeded! Tag=paid Current cost: /)
    expect((await rig.post(CHAT, CALL)).status).toBe(200)
  })
})

describe('what may be spent at a provider', () => {
  const BUDGET = { provider_budget_config: { openai: { budget_limit: LITTLE, time_period: '1d' } } }

  test('stops the calls that go there', async () => {
    await start({}, BUDGET)
    const used = await useUp(rig, await rig.newKey(), CALL, { type: 'None', code: '429' })
    expectFew(used)
    expect(used.message).toMatch(
      /^No deployments available - crossed budget: provider=openai\. Current cost: 0\.000\d+/,
    )
  })

  test('leaves the deployments of others to those who call', async () => {
    await start({}, BUDGET, [])
    await rig.close()
    rig = await startRig({
      configure: ({ apiBase }) => ({
        model_list: [
          mockModel('metered', apiBase),
          mockModel('metered', apiBase, {
            model: 'groq/metered',
            input_cost_per_token: 1e-6,
            output_cost_per_token: 2e-6,
          }),
        ],
        router_settings: { num_retries: 0, ...BUDGET },
      }),
    })
    rig.mock.script('metered', { words: 100 })
    const key = await rig.newKey()
    const providers: string[] = []
    for (let call = 0; call < 30; call += 1) {
      const { status, headers } = await rig.post(CHAT, CALL, { key })
      expect(status).toBe(200)
      providers.push(headers.get('x-litellm-model-id') ?? '')
    }
    expect(new Set(providers).size).toBe(2)
    expect(new Set(providers.slice(-10)).size).toBe(1)
    await vi.waitFor(async () => {
      const { text } = await rig.get('/provider/budgets')
      expect(JSON.parse(text)).toMatchObject({
        providers: { openai: { budget_limit: LITTLE, time_period: '1d', spend: expect.any(Number) } },
      })
    })
  })
})

test('a setting that is no budget stops the start', async () => {
  await start({})
  for (const settings of [
    { max_budget: -1 },
    { budget_duration: 'ever' },
    { tag_budget_config: { a: { budget: 1 } } },
  ]) {
    await expect(startRig({ configure: () => ({ litellm_settings: settings }) })).rejects.toThrow('litellm_settings')
  }
})
