import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { chunksOf, framesOf, textIn } from './support/frames.ts'
import { CHAT, chat, lineOf, startRig } from './support/rig.ts'
import type { Rig } from './support/rig.ts'

let rig: Rig

const SHAPES = [
  'mock-split-1',
  'mock-split-7',
  'mock-one-write',
  'mock-crlf',
  'mock-comments',
  'mock-empty-choices',
  'mock-usage-every-chunk',
]
const BREAKS = ['mock-reset', 'mock-no-done', 'mock-error-event', 'mock-broken-event']

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [
        mockModel('asked-name', apiBase, { model: 'openai/upstream-name' }),
        ...[...SHAPES, ...BREAKS, 'mock-tools-parallel', 'mock-500', 'mock-usage-missing', 'mock-stall'].map((name) =>
          mockModel(name, apiBase),
        ),
      ],
      router_settings: { num_retries: 0 },
    }),
  })
})

afterAll(() => rig.close())

async function stream(model: string, more: object = {}): Promise<string> {
  const { status, headers, text } = await rig.post(CHAT, chat(model, { stream: true, ...more }))
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  return text
}

test('a stream is data frames that end with [DONE], under one id and the name that was asked for', async () => {
  const text = await stream('asked-name')
  expect(framesOf(text).at(-1)).toBe('[DONE]')
  const chunks = chunksOf(text)
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
  expect(new Set(chunks.map(({ created }) => created)).size).toBe(1)
  expect(new Set(chunks.map(({ model }) => model))).toEqual(new Set(['asked-name']))
  expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(['chat.completion.chunk']))
  expect(chunks[0]?.choices[0]?.delta).toMatchObject({ role: 'assistant' })
  expect(chunks.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
})

test('who did not ask for usage gets none, although it is always asked for upstream', async () => {
  const chunks = chunksOf(await stream('asked-name'))
  expect(chunks.filter(({ usage }) => usage !== undefined)).toEqual([])
  expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true)
  expect(JSON.parse(rig.mock.requests.last?.body.toString() ?? '')).toMatchObject({
    stream_options: { include_usage: true },
  })
  const line = await lineOf(rig, chunks[0]?.id ?? '')
  expect(line).toMatchObject({ prompt_tokens: 7, completion_tokens: 8, metadata: { usage_from: 'upstream' } })
})

test('who asked for usage gets it after the finish, with a choice for clients that look at the first', async () => {
  const chunks = chunksOf(await stream('asked-name', { stream_options: { include_usage: true } }))
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
  expect(chunks.at(-1)).toMatchObject({
    choices: [{ index: 0, delta: {} }],
    usage: { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 },
  })
})

test.each(SHAPES)('however a provider cuts and decorates its stream, the text is the same (%s)', async (model) => {
  expect(textIn(await stream(model))).toBe(textIn(await stream('asked-name')))
})

test('tool calls are numbered from 0, named once, and finish as tool calls', async () => {
  const tools = ['one', 'two'].map((name) => ({ type: 'function', function: { name } }))
  const chunks = chunksOf(await stream('mock-tools-parallel', { tools }))
  const fragments = chunks.flatMap(({ choices }) => {
    const calls = choices[0]?.delta['tool_calls']
    return Array.isArray(calls) ? calls : []
  })
  expect(fragments.filter((call) => call.id !== undefined)).toMatchObject([
    { index: 0, type: 'function', function: { name: 'one', arguments: '' } },
    { index: 1, type: 'function', function: { name: 'two', arguments: '' } },
  ])
  expect(new Set(fragments.map((call) => call.index))).toEqual(new Set([0, 1]))
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
})

test('trouble before the first chunk is a plain JSON error with its own status', async () => {
  const { status, headers, text } = await rig.post(CHAT, chat('mock-500', { stream: true }))
  expect(status).toBe(500)
  expect(headers.get('content-type')).toContain('application/json')
  expect(JSON.parse(text)).toMatchObject({ error: { code: '500', message: expect.stringContaining('litellm.') } })
})

test.each(BREAKS)('trouble after the first chunk is one error frame, and the end (%s)', async (model) => {
  const text = await stream(model)
  const chunks = chunksOf(text)
  expect(chunks.filter(({ error }) => error !== undefined)).toHaveLength(1)
  expect(chunks.at(-1)?.error).toEqual({
    message: expect.stringMatching(/^litellm\.\w+: /),
    type: expect.any(String),
    param: null,
    code: expect.stringMatching(/^5\d\d$/),
  })
  const line = await lineOf(rig, chunks[0]?.id ?? '')
  expect(line).toMatchObject({ status: 'failure', metadata: { cut_short: true } })
  expect(line.spend).toBeGreaterThan(0)
})

test('a provider that tells no usage is counted, not believed to be free', async () => {
  const chunks = chunksOf(await stream('mock-usage-missing'))
  const line = await lineOf(rig, chunks[0]?.id ?? '')
  expect(line.metadata.usage_from).toBe('estimated')
  expect(line.prompt_tokens).toBeGreaterThan(0)
  expect(line.completion_tokens).toBeGreaterThan(0)
  expect(line.spend).toBeGreaterThan(0)
})

test('a stream that stops moving is ended by `stream_timeout` with an error frame', { timeout: 15_000 }, async () => {
  const chunks = chunksOf(await stream('mock-stall', { stream_timeout: 1 }))
  expect(chunks.at(-1)?.error).toMatchObject({ code: '408', message: expect.stringContaining('litellm.Timeout') })
})

test('a streamed completion is text_completion chunks', async () => {
  const { text } = await rig.post('/completions', { model: 'asked-name', prompt: 'Once', stream: true })
  expect(framesOf(text).at(-1)).toBe('[DONE]')
  const chunks = chunksOf(text)
  expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(['text_completion']))
  expect(new Set(chunks.map(({ model }) => model))).toEqual(new Set(['asked-name']))
})

test('a streamed response is named events and ends with [DONE]', async () => {
  const { text } = await rig.post('/responses', { model: 'asked-name', input: 'Hello', stream: true })
  const events = text.trimEnd().split('\n\n')
  expect(events.at(-1)).toBe('data: [DONE]')
  expect(events.slice(0, -1).every((event) => /^event: response\.[\w.]+\ndata: \{.*\}$/.test(event))).toBe(true)
})

test('usage that is told all the while is no end: a stream that stops half-way is broken, not whole', async () => {
  rig.mock.script('upstream-name', { usage: 'every-chunk', cut: { afterChunks: 3, how: 'close' }, times: 1 })
  const frames = framesOf(await stream('asked-name'))
  expect(frames.at(-1)).toContain('litellm.BadGatewayError')
  expect(frames).not.toContain('[DONE]')
})
