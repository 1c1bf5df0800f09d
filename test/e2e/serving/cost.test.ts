import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { chunksOf } from './support/frames.ts'
import { CHAT, chat, lineOf, startRig } from './support/rig.ts'
import type { Rig } from './support/rig.ts'

let rig: Rig

/** Without prices of its own. */
const UNPRICED = { input_cost_per_token: undefined, output_cost_per_token: undefined }

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [
        mockModel('plain', apiBase, { info: { id: 'plain-deployment' } }),
        mockModel('mini', apiBase, { ...UNPRICED, model: 'openai/gpt-4o-mini' }),
        mockModel('mock-cached', apiBase, { cache_read_input_token_cost: 1e-7 }),
        mockModel('cached-without-price', apiBase, { model: 'openai/mock-cached' }),
        mockModel('unheard-of', apiBase, { ...UNPRICED, model: 'hosted_vllm/our-own-model' }),
        mockModel('served', apiBase, {
          model: 'openai/served',
          input_cost_per_token_priority: 10e-6,
          output_cost_per_token_priority: 20e-6,
        }),
        mockModel('free', apiBase, { input_cost_per_token: 0, output_cost_per_token: 0 }),
        mockModel('embedding', apiBase, { output_cost_per_token: undefined }),
        mockModel('mock-headers', apiBase),
        mockModel('mock-500', apiBase),
      ],
      router_settings: { num_retries: 0 },
    }),
  })
})

afterAll(() => rig.close())

interface Answered {
  readonly id: string
  readonly cost: number
  readonly keySpend: number
  readonly headers: Headers
}

async function ask(model: string, key?: string): Promise<Answered> {
  const { status, headers, text } = await rig.post(CHAT, chat(model), key === undefined ? {} : { key })
  expect(status).toBe(200)
  const { id }: { readonly id: string } = JSON.parse(text)
  return {
    id,
    headers,
    cost: Number(headers.get('x-litellm-response-cost')),
    keySpend: Number(headers.get('x-litellm-key-spend')),
  }
}

async function spendOf(key: string): Promise<number> {
  const { text } = await rig.get('/key/info', { key })
  const { info }: { readonly info: { readonly spend: number } } = JSON.parse(text)
  return info.spend
}

// Every prompt here is 7 tokens, every answer 8 (test/support/mock-upstream/behaviours.ts).
test.each([
  ['prices of the configuration', 'plain', 7e-6 + 16e-6],
  ['prices of the table, which knows this model', 'mini', 7 * 0.15e-6 + 8 * 0.6e-6],
  ['a cached half at its own price', 'mock-cached', 4e-6 + 3e-7 + 16e-6],
  ['a cached half without a price of its own, at the full one', 'cached-without-price', 7e-6 + 16e-6],
  ['a price of nothing', 'free', 0],
])('the cost is usage times %s', async (_which, model, cost) => {
  const answer = await ask(model)
  expect(answer.cost).toBeCloseTo(cost, 12)
  // The same moment: no waiting here.
  const [line, ...more] = await rig.linesOf(answer.id)
  expect(more).toEqual([])
  expect(line).toMatchObject({
    request_id: answer.id,
    call_type: 'acompletion',
    model_group: model,
    status: 'success',
    prompt_tokens: 7,
    completion_tokens: 8,
    total_tokens: 15,
    metadata: { usage_from: 'upstream', cut_short: false },
  })
  expect(line?.spend).toBeCloseTo(cost, 12)
})

test('a stream costs what the same answer costs whole, and has no cost in its headers', async () => {
  const { headers, text } = await rig.post(CHAT, chat('plain', { stream: true }))
  expect(headers.get('x-litellm-response-cost')).toBeNull()
  expect((await lineOf(rig, chunksOf(text)[0]?.id ?? '')).spend).toBeCloseTo(23e-6, 12)
})

test('an embedding that nobody counted has a price all the same: nothing was written for it', async () => {
  rig.mock.script('embedding', { usage: 'missing', times: 1 })
  const { status, headers } = await rig.post('/v1/embeddings', { model: 'embedding', input: 'one two three' })
  expect(status).toBe(200)
  const [line] = await rig.linesOf(headers.get('x-litellm-call-id') ?? '')
  expect(line).toMatchObject({ completion_tokens: 0, metadata: { usage_from: 'estimated', pricing: 'priced' } })
  expect(line?.spend).toBeGreaterThan(0)
})

test('a model without a price answers, and is visible as such', async () => {
  const { id, cost } = await ask('unheard-of')
  expect(cost).toBe(0)
  const [line] = await rig.linesOf(id)
  expect(line).toMatchObject({
    spend: 0,
    prompt_tokens: 7,
    metadata: { pricing: 'unpriced', model_map_information: { model_map_value: null } },
  })
  const { text } = await rig.get('/metrics')
  expect(text).toMatch(/^latchkey_unpriced_calls_total\{model="unheard-of"\} [1-9]/m)
})

test('a key has spent the sum of its lines, to 8 digits, and each answer says so', async () => {
  const key = await rig.newKey()
  expect(await spendOf(key)).toBe(0)
  let sum = 0
  for (const model of ['plain', 'mini', 'mock-cached', 'unheard-of', 'mini']) {
    const answer = await ask(model, key)
    sum += answer.cost
    expect(answer.keySpend).toBeCloseTo(sum, 10)
  }
  await rig.post(CHAT, chat('mock-500'), { key })
  const { text } = await rig.post(CHAT, chat('plain', { stream: true }), { key })
  sum += (await lineOf(rig, chunksOf(text)[0]?.id ?? '')).spend

  expect((await spendOf(key)).toFixed(8)).toBe(sum.toFixed(8))
  const logs = await rig.get('/spend/logs', { key })
  const lines: readonly { readonly spend: number; readonly api_key: string }[] = JSON.parse(logs.text)
  expect(lines).toHaveLength(7)
  expect(lines.reduce((total, line) => total + line.spend, 0).toFixed(8)).toBe(sum.toFixed(8))
  expect(lines.every(({ api_key }) => /^[0-9a-f]{64}$/.test(api_key))).toBe(true)
})

test('what the master key spends is in the reports of the user that its lines name', async () => {
  const { id } = await ask('plain')
  const lines: readonly { readonly user: string; readonly request_id: string; readonly spend: number }[] = JSON.parse(
    (await rig.get('/spend/logs?user_id=default_user_id')).text,
  )
  expect(lines.map(({ request_id }) => request_id)).toContain(id)
  expect(new Set(lines.map(({ user }) => user))).toEqual(new Set(['default_user_id']))
  const { user_info }: { readonly user_info: { readonly spend: number } } = JSON.parse(
    (await rig.get('/user/info?user_id=default_user_id')).text,
  )
  expect(user_info.spend).toBeCloseTo(
    lines.reduce((sum, { spend }) => sum + spend, 0),
    12,
  )
})

test('the tags of a key are on its lines, with those of the call', async () => {
  const key = await rig.newKey({ tags: ['of-the-key'] })
  const { text } = await rig.post(CHAT, chat('plain', { metadata: { tags: ['of-the-call'] } }), { key })
  const { id }: { readonly id: string } = JSON.parse(text)
  expect(await rig.linesOf(id)).toMatchObject([{ request_tags: ['of-the-key', 'of-the-call'] }])
})

test('many calls of one key at a time lose nothing of its sum', async () => {
  const key = await rig.newKey()
  await Promise.all(Array.from({ length: 40 }, () => ask('plain', key)))
  expect((await spendOf(key)).toFixed(8)).toBe((40 * 23e-6).toFixed(8))
})

test('a failed call costs nothing and is a line of its own', async () => {
  const headers = { 'x-litellm-call-id': 'a-failing-call' }
  const answer = await rig.post(CHAT, chat('mock-500'), { headers })
  expect(answer.headers.get('x-litellm-response-cost')).toBe('0')
  expect(await rig.linesOf('a-failing-call')).toMatchObject([
    { status: 'failure', spend: 0, metadata: { error_information: { error_code: '500' } } },
  ])
})

const USED = { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 }

test.each([
  ['asked for', { service_tier: 'priority' }, { usage: USED }, 70e-6 + 160e-6],
  ['asked for, and not given', { service_tier: 'priority' }, { usage: USED, service_tier: 'default' }, 7e-6 + 16e-6],
  ['given', {}, { usage: USED, service_tier: 'priority' }, 70e-6 + 160e-6],
  ['given, as its usage says', {}, { usage: { ...USED, service_tier: 'priority' } }, 70e-6 + 160e-6],
  ['asked for without a price of its own', { service_tier: 'flex' }, { usage: USED }, 7e-6 + 16e-6],
])('7.3: a service tier that was %s has its price', async (_how, more, told, cost) => {
  const body = JSON.stringify({ id: 'c', object: 'chat.completion', choices: [], ...told })
  rig.mock.script('served', { refusal: { status: 200, headers: { 'content-type': 'application/json' }, body } })
  const { headers } = await rig.post(CHAT, chat('served', more))
  expect(Number(headers.get('x-litellm-response-cost'))).toBeCloseTo(cost, 12)
})

test('the headers of an answer tell call, model, cost and what the provider said about limits', async () => {
  const key = await rig.newKey()
  const { headers } = await rig.post(CHAT, chat('plain'), { key, headers: { 'x-litellm-call-id': 'my-own-id-1' } })
  expect(Object.fromEntries(headers)).toMatchObject({
    'x-litellm-call-id': 'my-own-id-1',
    'x-litellm-version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
    'x-litellm-model-id': 'plain-deployment',
    'x-litellm-model-group': 'plain',
    'x-litellm-response-cost': '0.000023',
    'x-litellm-key-spend': '0.000023',
    'x-litellm-response-duration-ms': expect.stringMatching(/^\d+(\.\d+)?$/),
    'x-litellm-overhead-duration-ms': expect.stringMatching(/^\d+(\.\d+)?$/),
    'x-litellm-attempted-retries': '0',
    'x-litellm-attempted-fallbacks': '0',
    'x-litellm-max-fallbacks': '5',
    'llm_provider-x-request-id': expect.stringMatching(/^req_/),
    'llm_provider-openai-version': '2020-10-01',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-remaining-requests': '9999',
    'llm_provider-x-ratelimit-limit-requests': '10000',
  })
  const silent = [...headers].filter(([, value]) => value === '' || value === 'None' || value === 'null')
  expect(silent).toEqual([])
})

test('a call id is made where none, or a bad one, is given', async () => {
  const made = (await rig.post(CHAT, chat('plain'))).headers.get('x-litellm-call-id')
  expect(made).toMatch(/^[0-9a-f-]{36}$/)
  const bad = await rig.post(CHAT, chat('plain'), { headers: { 'x-litellm-call-id': 'x'.repeat(5_000) } })
  expect(bad.headers.get('x-litellm-call-id')?.length).toBeLessThan(200)
})

test('a provider cannot speak for the gateway, set cookies or open the door to other sites', async () => {
  const { headers } = await ask('mock-headers')
  expect(headers.get('x-litellm-call-id')).not.toBe('forged')
  expect(Number(headers.get('x-litellm-response-cost'))).toBeGreaterThan(0)
  for (const name of ['set-cookie', 'access-control-allow-origin', 'clear-site-data', 'location', 'refresh']) {
    expect.soft(headers.get(name), name).toBeNull()
    expect.soft(headers.get(`llm_provider-${name}`), name).toBeNull()
  }
})
