import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readUsage } from '../../5-meter/read-usage.ts'
import { AnswerTally } from './answer-tally.ts'

const sse = (...events: readonly unknown[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')

const STREAMS: readonly [string, string, object][] = [
  [
    'OpenAI chat',
    `${sse({ id: 'c', model: 'm', choices: [{ delta: { content: 'hi' } }] }, { choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } })}data: [DONE]\n\n`,
    { inputTokens: 3, outputTokens: 4 },
  ],
  [
    'OpenAI responses',
    sse(
      { type: 'response.created', response: { id: 'r', model: 'm' } },
      { type: 'response.output_text.delta', delta: 'hi' },
      {
        type: 'response.completed',
        response: { id: 'r', usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } },
      },
    ),
    { inputTokens: 3, outputTokens: 4 },
  ],
  [
    'Anthropic messages',
    sse(
      {
        type: 'message_start',
        message: {
          id: 'm',
          type: 'message',
          model: 'm',
          usage: { input_tokens: 3, cache_read_input_tokens: 10, cache_creation_input_tokens: 2, output_tokens: 1 },
        },
      },
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'hi' } },
      { type: 'message_delta', usage: { output_tokens: 4 } },
      { type: 'message_stop' },
    ),
    { inputTokens: 15, outputTokens: 4, cachedInputTokens: 10, cacheWriteInputTokens: 2 },
  ],
]

function tallyOf(text: string, cuts: readonly number[], type = 'text/event-stream; charset=utf-8'): AnswerTally {
  const bytes = new TextEncoder().encode(text)
  const tally = new AnswerTally(1_000_000)
  tally.begin(type)
  let at = 0
  for (const cut of [...cuts.map((each) => each % bytes.length).toSorted((a, b) => a - b), bytes.length]) {
    tally.take(bytes.subarray(at, cut))
    at = cut
  }
  tally.end()
  return tally
}

describe.each(STREAMS)('%s as a stream', (_, text, usage) => {
  test('tells the same wherever it is cut, and where it is over', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2_000), { maxLength: 8 }), (cuts) => {
        const tally = tallyOf(text, cuts)
        expect(readUsage(tally.usage, { maxPlausible: 100 })).toMatchObject(usage)
        expect(tally.isOver).toBe(true)
        expect(tally.model).toBe('m')
        expect(tally.weight).toBeGreaterThan(0)
      }),
    )
  })

  test('is not over before its last event', () => {
    expect(tallyOf(text.slice(0, text.lastIndexOf('data:')), []).isOver).toBe(false)
  })
})

test.each<[string, unknown, object | undefined]>([
  ['chat', { usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }, { inputTokens: 1, outputTokens: 2 }],
  ['embeddings', { data: [], usage: { prompt_tokens: 5, total_tokens: 5 } }, { inputTokens: 5, outputTokens: 0 }],
  [
    'a list that grew',
    [
      { usageMetadata: { promptTokenCount: 1 } },
      { usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 2, thoughtsTokenCount: 3 } },
    ],
    { inputTokens: 4, outputTokens: 5, reasoningTokens: 3 },
  ],
  ['nothing', { ok: true }, undefined],
  ['a text', 'usage', undefined],
  ['nonsense', { type: 'message', usage: { input_tokens: 'many', output_tokens: 1 } }, undefined],
  ['nonsense of Gemini', { usageMetadata: { promptTokenCount: '4' } }, undefined],
])('a whole answer: %s', (_, value, usage) => {
  const read = readUsage(tallyOf(JSON.stringify(value), [5], 'application/json').usage, { maxPlausible: 100 })
  if (usage === undefined) expect(read).toBeUndefined()
  else expect(read).toMatchObject(usage)
})

test('what is no JSON, or longer than anybody reads, tells nothing and breaks nothing', () => {
  expect(tallyOf('{"usage":', [], 'application/json').usage).toBeUndefined()
  expect(tallyOf('{"usage":{"prompt_tokens":1}}', [], 'image/png').usage).toBeUndefined()
  const short = new AnswerTally(4)
  short.begin('application/json')
  short.take(new TextEncoder().encode('{"usage":{"prompt_tokens":1,"total_tokens":1}}'))
  short.end()
  expect(short.usage).toBeUndefined()
})

test.each([
  { reasoning: 'as many words' },
  { reasoning_content: 'as many words', reasoning: 'as many words' },
  { refusal: 'as many words' },
])('whatever a model writes in a chat counts the same: %j', (delta) => {
  const weightOf = (written: object): number => tallyOf(sse({ id: 'c', choices: [{ delta: written }] }), []).weight
  expect(weightOf(delta)).toBe(weightOf({ content: 'as many words' }))
})
