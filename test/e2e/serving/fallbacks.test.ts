import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { CHAT, chat, startRig } from './support/rig.ts'
import type { Answer, Rig } from './support/rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [
        mockModel('good', apiBase, { info: { id: 'good-deployment' } }),
        mockModel('long', apiBase),
        mockModel('mild', apiBase),
        ...['broken', 'broken-too', 'lonely'].map((name) => mockModel(name, apiBase, { model: 'openai/mock-500' })),
        mockModel('small', apiBase, { model: 'openai/mock-400-context' }),
        mockModel('strict', apiBase, { model: 'openai/mock-400-filter' }),
        mockModel('wrong', apiBase, { model: 'openai/mock-400' }),
      ],
      router_settings: {
        num_retries: 0,
        fallbacks: [{ broken: ['broken-too', 'good'] }, { 'broken-too': ['lonely'] }, { wrong: ['good-deployment'] }],
        context_window_fallbacks: [{ small: ['long'] }],
        content_policy_fallbacks: [{ strict: ['mild'] }],
      },
    }),
  })
})

afterAll(() => rig.close())

function servedBy(answer: Answer): readonly unknown[] {
  const body: { readonly model?: string } = JSON.parse(answer.text)
  return [answer.status, answer.headers.get('x-litellm-attempted-fallbacks'), body.model]
}

test('fallbacks of the configuration are tried in order, and the answer names who gave it', async () => {
  const answer = await rig.post(CHAT, chat('broken'))
  expect(servedBy(answer)).toEqual([200, '2', 'good'])
  expect(answer.headers.get('x-litellm-model-group')).toBe('good')
  expect(answer.headers.get('x-litellm-model-id')).toBe('good-deployment')
})

test('a stream falls back as long as nothing of it was sent', async () => {
  const { status, headers, text } = await rig.post(CHAT, chat('broken', { stream: true }))
  expect([status, headers.get('x-litellm-attempted-fallbacks')]).toEqual([200, '2'])
  expect(text).toContain('"model":"good"')
  expect(text).toContain('[DONE]')
})

test.each([
  ['a prompt that is too long', 'small', 'long'],
  ['a prompt that the provider filters', 'strict', 'mild'],
])('%s goes where such prompts go', async (_what, model, other) => {
  expect(servedBy(await rig.post(CHAT, chat(model)))).toEqual([200, '1', other])
})

test('a deployment’s id can be a fallback', async () => {
  const [status, fallbacks] = servedBy(await rig.post(CHAT, chat('wrong')))
  expect([status, fallbacks]).toEqual([200, '1'])
})

test('when everything fails, the first error is told, and what was tried', async () => {
  const { status, text } = await rig.post(CHAT, chat('broken-too'))
  expect(status).toBe(500)
  expect(text).toContain('Received Model Group=broken-too')
  expect(text).toContain("Available Model Group Fallbacks=['lonely']")
})

test('`disable_fallbacks` keeps to the model that was asked', async () => {
  const { status, headers } = await rig.post(CHAT, chat('broken', { disable_fallbacks: true }))
  expect([status, headers.get('x-litellm-attempted-fallbacks')]).toEqual([500, '0'])
})

test('a request brings its own fallbacks', async () => {
  expect(servedBy(await rig.post(CHAT, chat('lonely', { fallbacks: ['mild'] })))).toEqual([200, '1', 'mild'])
})

test.each([
  ['small', { context_window_fallbacks: ['good'] }],
  ['small', { context_window_fallbacks: [{ small: ['good'] }, { strict: ['lonely'] }] }],
  ['small', { context_window_fallback_dict: { small: 'good', strict: 'lonely' } }],
  ['small', { context_window_fallbacks: ['good'], fallbacks: ['mild'] }],
  ['strict', { content_policy_fallbacks: ['good'], context_window_fallbacks: ['mild'] }],
])('gateway-api 2.3: a request for %s says with %j where such prompts go', async (model, more) => {
  expect(servedBy(await rig.post(CHAT, chat(model, more)))).toEqual([200, '1', 'good'])
  expect(rig.mock.requests.all.at(-1)?.body.toString()).not.toContain('fallback')
})

test('gateway-api 2.3: what it says of another failure or another model changes nothing', async () => {
  const others = { content_policy_fallbacks: ['good'], context_window_fallback_dict: { strict: 'good' } }
  expect(servedBy(await rig.post(CHAT, chat('small', others)))).toEqual([200, '1', 'long'])
})

test('Z-32: those for one failure are bound by the key as well', async () => {
  const key = await rig.newKey({ models: ['small', 'long'] })
  const ask = (name: string): Promise<Answer> =>
    rig.post(CHAT, chat('small', { context_window_fallbacks: [name] }), { key })
  expect(servedBy(await ask('long'))).toEqual([200, '1', 'long'])
  const before = rig.mock.requests.total
  const refused = await ask('good')
  expect([refused.status < 500, refused.text.includes('key not allowed to access model')]).toEqual([true, true])
  expect(rig.mock.requests.total).toBe(before)
})

test('Z-32: fallbacks are bound by the key, those of the request and those of the operator alike', async () => {
  const key = await rig.newKey({ models: ['broken', 'lonely'] })
  const before = rig.mock.requests.total
  const refused = await rig.post(CHAT, chat('lonely', { fallbacks: ['good'] }), { key })
  expect(refused.status).toBeGreaterThanOrEqual(400)
  expect(refused.status).toBeLessThan(500)
  expect(refused.text).toContain('key not allowed to access model')
  expect(rig.mock.requests.total).toBe(before)

  const broken = await rig.post(CHAT, chat('broken'), { key })
  expect(broken.status).toBeGreaterThanOrEqual(500)
  const wider = await rig.newKey({ models: ['broken', 'good'] })
  expect(servedBy(await rig.post(CHAT, chat('broken'), { key: wider }))).toEqual([200, '1', 'good'])
})

test('INV-28: the call is charged to the deployment that answered, once', async () => {
  const { text } = await rig.post(CHAT, chat('broken'))
  const answer: { readonly id: string } = JSON.parse(text)
  const lines = await rig.linesOf(answer.id)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ model_group: 'good', model_id: 'good-deployment', status: 'success' })
})
