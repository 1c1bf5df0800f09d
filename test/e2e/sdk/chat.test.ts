import type OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'

let rig: Rig
let client: OpenAI

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: ['plain', 'team/large', 'mock-tools', 'mock-tools-parallel', 'mock-reasoning'].map((name) =>
        mockModel(name, apiBase),
      ),
    }),
  })
  client = rig.client(await rig.newKey())
})

afterAll(() => rig.close())

const HELLO: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }]

const FORECAST: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: { name: 'forecast', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}

function forwarded(): unknown {
  return JSON.parse(rig.mock.requests.last?.body.toString() ?? '')
}

test('models.list() names what is configured, and each name can be retrieved, slashes and all', async () => {
  const names: string[] = []
  for await (const model of client.models.list()) names.push(model.id)
  expect(names.toSorted()).toEqual(['mock-reasoning', 'mock-tools', 'mock-tools-parallel', 'plain', 'team/large'])

  const found = await client.models.retrieve('team/large')
  expect(found).toEqual({
    id: 'team/large',
    object: 'model',
    created: expect.any(Number),
    owned_by: expect.any(String),
  })
})

test('a chat answers under the name that was asked for, with the provider’s id and usage', async () => {
  const answer = await client.chat.completions.create({ model: 'plain', messages: HELLO })
  expect(answer).toMatchObject({
    id: rig.mock.bill.entries.at(-1)?.responseId,
    object: 'chat.completion',
    model: 'plain',
    choices: [
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: expect.stringContaining('naïve') } },
    ],
  })
  const { usage } = answer
  expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0))
})

test('a tool is called, its result goes back, and the model speaks', async () => {
  const asked = await client.chat.completions.create({ model: 'mock-tools', messages: HELLO, tools: [FORECAST] })
  const [choice] = asked.choices
  expect(choice?.finish_reason).toBe('tool_calls')
  const [call] = choice?.message.tool_calls ?? []
  if (choice === undefined || call?.type !== 'function') throw new Error('no function was called')
  expect(call.function.name).toBe('forecast')
  expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Paris 0', days: 3 })

  const told = await client.chat.completions.create({
    model: 'mock-tools',
    tools: [FORECAST],
    messages: [...HELLO, choice.message, { role: 'tool', tool_call_id: call.id, content: 'sunny' }],
  })
  expect(told.choices[0]?.finish_reason).toBe('stop')
  expect(told.choices[0]?.message.content).not.toBe('')
})

test('parallel tool calls keep their ids and their order', async () => {
  const answer = await client.chat.completions.create({
    model: 'mock-tools-parallel',
    messages: HELLO,
    tools: [FORECAST, { type: 'function', function: { name: 'clock' } }],
    parallel_tool_calls: true,
  })
  const calls = answer.choices[0]?.message.tool_calls ?? []
  expect(calls.map((call) => (call.type === 'function' ? call.function.name : call.type))).toEqual([
    'forecast',
    'clock',
  ])
  expect(new Set(calls.map((call) => call.id)).size).toBe(2)
})

test('images in the content reach the provider as they were sent', async () => {
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } },
      ],
    },
  ]
  const answer = await client.chat.completions.create({ model: 'plain', messages })
  expect(forwarded()).toMatchObject({ messages })
  expect(answer.usage?.prompt_tokens).toBeGreaterThan(85)
})

test('parameters pass whether or not this version has heard of them', async () => {
  const params = {
    n: 1,
    logprobs: true,
    top_logprobs: 3,
    seed: 9_007_199_254_740_991,
    response_format: { type: 'json_object' as const },
    reasoning_effort: 'low' as const,
    parameter_of_next_year: { depth: [1, 2, { three: null }] },
  }
  await client.chat.completions.create({ model: 'plain', messages: HELLO, ...params })
  expect(forwarded()).toMatchObject(params)
})

test('an unknown parameter reaches the provider byte for byte', async () => {
  const odd = '"temperature":1.0,"x_future":{"big":12345678901234567890,"tiny":1e-400, "text":"\\u00e9\\/"}'
  const { status } = await client
    .post('/chat/completions', {
      body: `{"model":"plain",${odd},"messages":[{"role":"user","content":"Hello"}]}`,
      headers: { 'content-type': 'application/json' },
    })
    .asResponse()
  expect(status).toBe(200)
  expect(rig.mock.requests.last?.body.toString()).toContain(odd)
})

test('what a model thought aloud is passed on', async () => {
  const answer = await client.chat.completions.create({ model: 'mock-reasoning', messages: HELLO })
  expect(answer.choices[0]?.message).toHaveProperty('reasoning_content', expect.stringContaining('quick'))
  expect(answer.usage?.completion_tokens_details?.reasoning_tokens).toBe(5)
})
