import type OpenAI from 'openai'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { lineOf, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'

let rig: Rig
let client: OpenAI

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: ['plain', 'slow', 'mock-tools-parallel', 'mock-reasoning', 'mock-split-1'].map((name) =>
        mockModel(name, apiBase),
      ),
    }),
  })
  client = rig.client(await rig.newKey())
})

afterAll(() => rig.close())

const HELLO: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }]

test.each(['plain', 'mock-split-1'])('the pieces of a stream make the whole answer (%s)', async (model) => {
  const whole = await client.chat.completions.create({ model, messages: HELLO })
  const stream = await client.chat.completions.create({ model, messages: HELLO, stream: true })
  let text = ''
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  expect(text).toBe(whole.choices[0]?.message.content)
})

test('usage comes in a last chunk, for those who ask', async () => {
  const stream = await client.chat.completions.create({
    model: 'plain',
    messages: HELLO,
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = await Array.fromAsync(stream)
  expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: 8, prompt_tokens: 6, total_tokens: 14 })
  expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null || chunk.usage === undefined)).toBe(true)
})

test('the client’s own runner puts parallel tool calls together from their fragments', async () => {
  const final = await client.chat.completions
    .stream({
      model: 'mock-tools-parallel',
      messages: HELLO,
      tools: ['forecast', 'clock'].map((name) => ({ type: 'function' as const, function: { name } })),
    })
    .finalChatCompletion()
  const [choice] = final.choices
  expect(choice?.finish_reason).toBe('tool_calls')
  const calls = choice?.message.tool_calls?.filter((call) => call.type === 'function') ?? []
  expect(calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)])).toEqual([
    ['forecast', { city: 'Paris 0', days: 3 }],
    ['clock', { city: 'Paris 1', days: 3 }],
  ])
})

test('reasoning comes in deltas of its own', async () => {
  const stream = await client.chat.completions.create({ model: 'mock-reasoning', messages: HELLO, stream: true })
  const thoughts = await Array.fromAsync(stream, (chunk) => Object.entries(chunk.choices[0]?.delta ?? {}))
  expect(thoughts.flat().filter(([name]) => name === 'reasoning_content')).toHaveLength(5)
})

test('AC-110: leaving in mid-stream ends the provider’s work within a second and is charged as cut short', async () => {
  rig.mock.script('slow', { words: 2_000, gapMs: 20 })
  const stream = await client.chat.completions.create({ model: 'slow', messages: HELLO, stream: true })
  let id = ''
  let words = 0
  for await (const chunk of stream) {
    id = chunk.id
    words += chunk.choices[0]?.delta.content ? 1 : 0
    if (words === 4) break
  }
  await vi.waitFor(
    () => expect(rig.mock.bill.entries.find((entry) => entry.responseId === id)?.outcome).toBe('aborted-by-caller'),
    { timeout: 1_000, interval: 10 },
  )
  const line = await lineOf(rig, id)
  expect(line.metadata).toMatchObject({ cut_short: true, usage_from: 'estimated' })
  expect(line.completion_tokens).toBeGreaterThan(0)
  expect(line.completion_tokens).toBeLessThan(200)
  expect(line.spend).toBeGreaterThan(0)
})

test('AC-110: leaving before the first word ends the provider’s work too', async () => {
  rig.mock.script('slow', { firstByteDelayMs: 30_000 })
  const controller = new AbortController()
  const before = rig.mock.bill.total
  const seen = rig.mock.requests.total
  const call = client.chat.completions
    .create({ model: 'slow', messages: HELLO, stream: true, user: 'impatient' }, { signal: controller.signal })
    .catch((error: unknown) => error)
  await vi.waitFor(() => expect(rig.mock.requests.total).toBe(seen + 1), { timeout: 2_000, interval: 10 })
  controller.abort()
  expect(await call).toHaveProperty('message', 'Request was aborted.')
  await vi.waitFor(() => expect(rig.mock.bill.total).toBe(before + 1), { timeout: 1_000, interval: 10 })
  expect(rig.mock.bill.entries.at(-1)).toMatchObject({ user: 'impatient', outcome: 'aborted-by-caller' })
})
