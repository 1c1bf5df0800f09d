import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NO_USAGE } from '../../domain/usage.ts'
import { readUsage } from './read-usage.ts'

const BOUNDS = { maxPlausible: 2_000_000 }

test.each([
  {
    name: 'a chat completion',
    raw: {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 60, audio_tokens: 5, text_tokens: null },
      completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 3 },
    },
    usage: {
      inputTokens: 100,
      outputTokens: 50,
      cachedInputTokens: 60,
      audioInputTokens: 5,
      reasoningTokens: 20,
      audioOutputTokens: 3,
    },
  },
  {
    name: 'a response of a session in real time',
    raw: {
      total_tokens: 253,
      input_tokens: 132,
      output_tokens: 121,
      input_token_details: {
        text_tokens: 119,
        audio_tokens: 13,
        image_tokens: 0,
        cached_tokens: 64,
        cached_tokens_details: { text_tokens: 60, audio_tokens: 4, image_tokens: 0 },
      },
      output_token_details: { text_tokens: 30, audio_tokens: 91 },
    },
    usage: {
      inputTokens: 132,
      outputTokens: 121,
      cachedInputTokens: 64,
      audioInputTokens: 13,
      cachedAudioInputTokens: 4,
      audioOutputTokens: 91,
    },
  },
  { name: 'an embedding', raw: { prompt_tokens: 8, total_tokens: 8 }, usage: { inputTokens: 8 } },
  {
    name: 'a response of the Responses API',
    raw: {
      input_tokens: 36,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
      output_tokens: 87,
      output_tokens_details: { reasoning_tokens: 64 },
      total_tokens: 123,
    },
    usage: { inputTokens: 36, cachedInputTokens: 4, cacheWriteInputTokens: 2, outputTokens: 87, reasoningTokens: 64 },
  },
  {
    name: 'another gateway, with cache counts at the top',
    raw: {
      prompt_tokens: 100,
      completion_tokens: 1,
      cache_creation_input_tokens: 30,
      cache_read_input_tokens: 40,
      prompt_tokens_details: { cached_tokens: null, cache_creation_token_details: { ephemeral_1h_input_tokens: 10 } },
    },
    usage: {
      inputTokens: 100,
      outputTokens: 1,
      cachedInputTokens: 40,
      cacheWriteInputTokens: 30,
      cacheWrite1hInputTokens: 10,
    },
  },
  {
    name: 'DeepSeek, with hits and misses',
    raw: { prompt_tokens: 10, completion_tokens: 2, prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 4 },
    usage: { inputTokens: 10, outputTokens: 2, cachedInputTokens: 6 },
  },
  {
    name: 'a picture',
    raw: {
      input_tokens: 14,
      input_tokens_details: { text_tokens: 14, image_tokens: 0 },
      output_tokens: 1056,
      total_tokens: 1070,
    },
    usage: { inputTokens: 14, outputTokens: 1056 },
  },
  {
    name: 'a picture with words about it',
    raw: {
      input_tokens: 300,
      input_tokens_details: { text_tokens: 14, image_tokens: 286 },
      output_tokens: 1100,
      output_tokens_details: { text_tokens: 44, image_tokens: 1056 },
      total_tokens: 1400,
    },
    usage: { inputTokens: 300, imageInputTokens: 286, outputTokens: 1100, imageOutputTokens: 1056 },
  },
  {
    name: 'cached audio',
    raw: {
      input_tokens: 10,
      output_tokens: 0,
      input_tokens_details: { cached_tokens: 4, audio_tokens: 6, cached_tokens_details: { audio_tokens: 3 } },
    },
    usage: { inputTokens: 10, cachedInputTokens: 4, audioInputTokens: 6, cachedAudioInputTokens: 3 },
  },
  {
    name: 'reasoning that only the total contains',
    raw: {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 115,
      completion_tokens_details: { reasoning_tokens: 100 },
    },
    usage: { inputTokens: 10, outputTokens: 105, reasoningTokens: 100 },
  },
])('$name is read', ({ raw, usage }) => {
  expect(readUsage(raw, BOUNDS)).toEqual({ ...NO_USAGE, ...usage })
})

describe('AC-109, Z-36: poisoned usage is not used', () => {
  const poisons = ['-5', '1e400', '"5"', '1000000000000000', '1.5', '-0.1', '[]', '{}', 'true', '9007199254740993']
  const members = [
    (value: string) => `{"prompt_tokens":${value},"completion_tokens":1}`,
    (value: string) => `{"prompt_tokens":10,"completion_tokens":${value}}`,
    (value: string) => `{"prompt_tokens":10,"completion_tokens":1,"total_tokens":${value}}`,
    (value: string) => `{"input_tokens":${value},"output_tokens":1}`,
    (value: string) => `{"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":${value}}}`,
    (value: string) =>
      `{"prompt_tokens":10,"completion_tokens":1,"completion_tokens_details":{"reasoning_tokens":${value}}}`,
    (value: string) => `{"prompt_tokens":10,"completion_tokens":1,"cache_read_input_tokens":${value}}`,
  ]
  test.each(poisons)('%s in any place', (poison) => {
    for (const write of members) expect(readUsage(JSON.parse(write(poison)), BOUNDS)).toBeUndefined()
  })

  test.each([
    ['NaN', { prompt_tokens: Number.NaN, completion_tokens: 1 }],
    ['no usage', undefined],
    ['null', null],
    ['a list', [1, 2]],
    ['a text', '{"prompt_tokens":1}'],
    ['an empty object', {}],
    ['no prompt', { completion_tokens: 5 }],
    ['neither completion nor total', { prompt_tokens: 5 }],
    ['a total below the prompt', { prompt_tokens: 5, total_tokens: 4 }],
    ['details that are a number', { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: 3 }],
    ['more cached than sent', { prompt_tokens: 5, completion_tokens: 1, cache_read_input_tokens: 6 }],
    ['more written than sent', { prompt_tokens: 5, completion_tokens: 1, cache_creation_input_tokens: 6 }],
    [
      'more reasoned than answered',
      { prompt_tokens: 5, completion_tokens: 1, completion_tokens_details: { reasoning_tokens: 2 } },
    ],
    ['more than was possible', { prompt_tokens: 5, completion_tokens: 2_000_001 }],
  ])('%s', (_name, raw) => {
    expect(readUsage(raw, BOUNDS)).toBeUndefined()
  })

  test('a sum of parts above the bound', () => {
    const raw = {
      prompt_tokens: 0,
      completion_tokens: 2_000_000,
      total_tokens: 4_000_000,
      completion_tokens_details: { reasoning_tokens: 2_000_000 },
    }
    expect(readUsage(raw, { maxPlausible: 4_000_000 })).toMatchObject({ outputTokens: 4_000_000 })
    expect(readUsage(raw, { maxPlausible: 3_999_999 })).toBeUndefined()
  })
})

const names = [
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'prompt_tokens_details',
  'completion_tokens_details',
  'cached_tokens',
  'reasoning_tokens',
  'audio_tokens',
]
const near = fc.oneof(fc.nat(50), fc.nat(50), fc.double(), fc.constant(null), fc.string(), fc.integer())
const details = fc.dictionary(fc.constantFrom(...names), near)
const shaped = fc.dictionary(fc.constantFrom(...names), fc.oneof(near, details))

test('INV-29: no JSON makes reading throw, and what is read is whole, bounded and consistent', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), shaped), (raw) => {
      const usage = readUsage(raw, BOUNDS)
      if (usage === undefined) return
      for (const count of Object.values(usage)) {
        expect(Number.isSafeInteger(count) && count >= 0 && count <= BOUNDS.maxPlausible).toBe(true)
      }
      expect(usage.cachedInputTokens).toBeLessThanOrEqual(usage.inputTokens)
      expect(usage.audioInputTokens).toBeLessThanOrEqual(usage.inputTokens)
      expect(usage.reasoningTokens).toBeLessThanOrEqual(usage.outputTokens)
    }),
    { numRuns: 1000 },
  )
})
