import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorOf, lineOf } from '../serving/support/rig.ts'
import type { SpendLine } from '../serving/support/rig.ts'
import type { ScriptChange } from '../../support/mock-upstream/script.ts'
import { openStudio, paint } from './support/studio.ts'
import type { Studio } from './support/studio.ts'

const IMAGES = '/v1/images/generations'
const LOW = { quality: 'low', size: '1024x1024' } as const

let studio: Studio

beforeAll(async () => {
  studio = await openStudio('postgres')
})

afterAll(() => studio.close())

type Order = ReturnType<typeof paint> & { readonly timeout?: number }

let calls = 0

/** One call, and the line that it leaves. */
async function painted(
  body: Order,
  script: ScriptChange = {},
): Promise<{ readonly status: number; readonly line: SpendLine }> {
  studio.mock.script(body.model, script)
  const callId = `picture-${(calls += 1)}`
  const { status } = await studio.post(IMAGES, body, { headers: { 'x-litellm-call-id': callId } })
  return { status, line: await lineOf(studio, callId) }
}

describe('the line of a call', () => {
  test.each<[string, Order, ScriptChange, number, object]>([
    [
      'by the picture, whatever tokens the provider tells',
      { ...paint('pictures'), n: 3 },
      {},
      0.12,
      { completion_tokens: 3168, metadata: { pricing: 'priced', usage_from: 'upstream' } },
    ],
    [
      'by the picture, where it tells none',
      { ...paint('pictures'), n: 3 },
      { usage: 'missing' },
      0.12,
      { prompt_tokens: 0, completion_tokens: 0, metadata: { pricing: 'priced', usage_from: 'upstream' } },
    ],
    [
      'by addresses',
      { ...paint('pictures'), n: 3, response_format: 'url' },
      { usage: 'missing' },
      0.12,
      { metadata: { pricing: 'priced', usage_object: { images: 3 } } },
    ],
    ['by the token', { ...paint('tokens'), ...LOW }, {}, 3e-6 + 272 * 4e-5, { metadata: { usage_from: 'upstream' } }],
    [
      'unpriced',
      paint('unpriced'),
      {},
      0,
      { completion_tokens: 1056, metadata: { pricing: 'unpriced', model_map_information: { model_map_value: null } } },
    ],
    ['for nothing', paint('demo'), {}, 0, { metadata: { pricing: 'free' } }],
  ])('%s', async (_how, body, script, spend, more) => {
    const { status, line } = await painted(body, script)
    expect(status).toBe(200)
    expect(line).toMatchObject({ call_type: 'aimage_generation', status: 'success', ...more })
    expect(line.spend).toBeCloseTo(spend, 12)
  })

  test.each<[string, ScriptChange]>([
    ['no usage', { usage: 'missing', paddingBytes: 1_000_000 }],
    ['a negative usage', { usage: { poison: '-5' }, paddingBytes: 1_000_000 }],
    ['no tokens', { usage: { poison: '0' }, paddingBytes: 1_000_000 }],
  ])('an answer with %s is charged by size and quality, and its base64 is no text', async (_what, script) => {
    const { status, line } = await painted({ ...paint('tokens'), ...LOW, n: 2 }, script)
    expect(status).toBe(200)
    expect(line).toMatchObject({ completion_tokens: 544, metadata: { usage_from: 'estimated', pricing: 'priced' } })
    expect(line.prompt_tokens).toBeLessThan(100)
    expect(line.spend).toBeCloseTo(line.prompt_tokens * 1e-6 + 544 * 4e-5, 12)
  })

  test.each<[string, number]>([
    ['pictures', 0.08],
    ['late', 544 * 4e-5],
  ])('INV-28: pictures of %s that nobody waited for are charged as they were ordered', async (model, least) => {
    const { status, line } = await painted(
      { ...paint(model), ...LOW, n: 2, timeout: 0.3 },
      { firstByteDelayMs: 20_000 },
    )
    expect(status).toBe(408)
    expect(line).toMatchObject({ status: 'failure', metadata: { cut_short: true, usage_from: 'estimated' } })
    expect(line.spend).toBeGreaterThanOrEqual(least - 1e-12)
    expect(line.spend).toBeLessThan(least + 1e-4)
  })

  test('a refusal of the provider costs nothing', async () => {
    studio.mock.clear()
    const callId = 'picture-refused'
    await studio.post(IMAGES, paint('mock-400'), { headers: { 'x-litellm-call-id': callId } })
    expect(await lineOf(studio, callId)).toMatchObject({ spend: 0, metadata: { pricing: 'not-charged' } })
  })
})

describe('a budget', () => {
  test.each<[string, string, object, number, number]>([
    ['that three pictures fit into', 'pictures', { n: 3 }, 0.12, 200],
    ['that they do not', 'pictures', { n: 3 }, 0.119, 429],
    ['that no picture fits into', 'pictures', {}, 0.039, 429],
    ['that a small picture fits into', 'tokens', LOW, 0.012, 200],
    ['that a picture of unknown size does not', 'tokens', {}, 0.012, 429],
    ['that previews do not', 'tokens', { ...LOW, partial_images: 3 }, 0.012, 429],
    ['and a model without a price', 'unpriced', {}, 100, 400],
    ['and the model that costs nothing', 'demo', {}, 0.000001, 200],
  ])('%s', async (_what, model, more, maxBudget, status) => {
    studio.mock.clear()
    const key = await studio.newKey({ max_budget: maxBudget })
    const answer = await studio.post(IMAGES, { ...paint(model), ...more }, { key })
    expect(answer.status).toBe(status)
    expect(studio.mock.requests.total).toBe(status === 200 && model !== 'demo' ? 1 : 0)
  })

  test('INV-26: is a ceiling for pictures that are asked for at the same time', async () => {
    studio.mock.clear()
    const key = await studio.newKey({ max_budget: 0.2 })
    const answers = await Promise.all(Array.from({ length: 12 }, () => studio.post(IMAGES, paint('pictures'), { key })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]))
    expect(studio.mock.bill.total).toBe(5)
    expect(await studio.spendOf(key)).toBeCloseTo(0.2, 12)
  })

  test('of one model counts for that model alone', async () => {
    studio.mock.clear()
    const key = await studio.newKey({ model_max_budget: { pictures: { budget_limit: 0.1 } } })
    const answers = await Promise.all(Array.from({ length: 6 }, () => studio.post(IMAGES, paint('pictures'), { key })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2)
    expect(studio.mock.bill.total).toBe(2)
    expect((await studio.post(IMAGES, { ...paint('tokens'), ...LOW }, { key })).status).toBe(200)
  })

  test('says what is missing, as for any call', async () => {
    const client = studio.client(await studio.newKey({ max_budget: 0.01 }))
    const refusal = await errorOf(client.images.generate(paint('pictures')))
    expect(refusal).toMatchObject({ status: 429, type: 'budget_exceeded', code: '429' })
    expect(refusal.message).toMatch(/Current cost: 0.*Max budget: 0\.01.*costs 0\.04 or more/)
  })
})
