import { calcPrice, findProvider } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { JsonValue } from '../../domain/json.ts'
import { usdNumber } from '../../domain/money.ts'
import { NO_USAGE } from '../../domain/usage.ts'
import type { Usage } from '../../domain/usage.ts'
import { priceUsage } from '../../journey/5-meter/price-usage.ts'
import type { Circumstances, PricedUsage } from '../../journey/5-meter/price-usage.ts'
import type { ModelFacts, ModelQuery } from '../../ports/model-facts.ts'
import { loadModelFacts } from './model-facts.ts'

const NOVEMBER = epochMs(Date.UTC(2026, 10, 21, 12))
const MILLION: Usage = { ...NO_USAGE, inputTokens: 1_000_000, outputTokens: 1_000_000 }

let facts: ModelFacts
beforeAll(async () => {
  facts = await loadModelFacts()
})

function ask(name: string, overrides: Record<string, JsonValue> = {}, more: Partial<ModelQuery> = {}): ModelQuery {
  const slash = name.indexOf('/')
  return {
    provider: name.slice(0, slash),
    model: name.slice(slash + 1),
    overrides: new Map(Object.entries(overrides)),
    ...more,
  }
}

function price(
  query: ModelQuery,
  usage: Usage,
  circumstances: Circumstances = {},
  at: EpochMs = NOVEMBER,
): PricedUsage {
  return priceUsage(facts.priceSheet(query, at).sheet, usage, circumstances)
}

function dollars(query: ModelQuery, usage: Usage, circumstances: Circumstances = {}): number {
  return usdNumber(price(query, usage, circumstances).amount)
}

describe('the amount is that of the price table itself', () => {
  const anyUsage = fc
    .record({ text: fc.nat(300_000), cached: fc.nat(60_000), written: fc.nat(60_000), output: fc.nat(60_000) })
    .map(({ text, cached, written, output }): Usage => ({
      ...NO_USAGE,
      inputTokens: text + cached + written,
      cachedInputTokens: cached,
      cacheWriteInputTokens: written,
      outputTokens: output,
    }))
  const asTable = (usage: Usage): Record<string, number> => ({
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_tokens: usage.cachedInputTokens,
    cache_write_tokens: usage.cacheWriteInputTokens,
    input_audio_tokens: usage.audioInputTokens,
    output_audio_tokens: usage.audioOutputTokens,
    output_reasoning_tokens: usage.reasoningTokens,
  })

  test.each([
    ['openai/gpt-4o', 'openai'],
    ['openai/gpt-4o-mini', 'openai'],
    ['openai/gpt-4.1', 'openai'],
    ['openai/o3-mini', 'openai'],
    ['openai/text-embedding-3-small', 'openai'],
    ['anthropic/claude-sonnet-4-5', 'anthropic'],
    ['gemini/gemini-2.5-pro', 'google'],
    ['xai/grok-4.3', 'x-ai'],
    ['openrouter/x-ai/grok-4-fast', 'openrouter'],
    ['perplexity/sonar', 'perplexity'],
    ['deepseek/deepseek-chat', 'deepseek'],
  ])('%s, for any usage at any time', (name, providerId) => {
    fc.assert(
      fc.property(anyUsage, fc.integer({ min: 0, max: 365 * 24 * 3600 }), (usage, seconds) => {
        const at = epochMs(Date.UTC(2026, 0, 1) + seconds * 1000)
        const query = ask(name)
        const theirs = calcPrice(asTable(usage), query.model, { providerId, timestamp: new Date(at) })
        const ours = price(query, usage, {}, at)
        expect(Math.abs(usdNumber(ours.amount) - (theirs?.total_price ?? Number.NaN))).toBeLessThanOrEqual(1e-12)
      }),
    )
  })

  test.each([
    ['openai', 'openai'],
    ['anthropic', 'anthropic'],
    ['azure', 'azure'],
    ['gemini', 'google'],
    ['groq', 'groq'],
    ['mistral', 'mistral'],
    ['deepseek', 'deepseek'],
    ['xai', 'x-ai'],
    ['together_ai', 'together'],
    ['openrouter', 'openrouter'],
    ['bedrock', 'aws'],
    ['cohere', 'cohere'],
    ['perplexity', 'perplexity'],
    ['moonshot', 'moonshotai'],
    ['cloudflare', 'cloudflare'],
  ])('every model of %s, wherever the table bills by the token', (provider, providerId) => {
    const usage = {
      ...NO_USAGE,
      inputTokens: 250_000,
      cachedInputTokens: 7,
      cacheWriteInputTokens: 11,
      outputTokens: 901,
    }
    const timestamp = new Date(NOVEMBER)
    let compared = 0
    for (const { id } of findProvider({ providerId })?.models ?? []) {
      const theirs = calcPrice(asTable(usage), id, { providerId, timestamp })
      const ours = price(ask(`${provider}/${id}`), usage)
      if (theirs === null || ours.pricing === 'unpriced') continue
      compared += 1
      expect(Math.abs(usdNumber(ours.amount) - theirs.total_price), id).toBeLessThanOrEqual(1e-12)
    }
    expect(compared).toBeGreaterThan(4)
  })
})

describe('which entry', () => {
  test.each([
    ['openai/gpt-4o', 'openai/gpt-4o'],
    ['openai/gpt-4o-2024-08-06', 'openai/gpt-4o'],
    ['openai/gpt-4o-2099-01-01', 'openai/gpt-4o'],
    ['openai/ft:gpt-4o-mini-2024-07-18:acme::abc', 'openai/ft:gpt-4o-mini'],
    ['azure/gpt-4o', 'azure/gpt-4o'],
    ['azure/eu/gpt-4o', 'azure/gpt-4o'],
    ['bedrock/us-east-1/anthropic.claude-3-haiku-20240307-v1:0', /^aws\/.*claude-3-haiku/],
    ['vertex_ai/claude-sonnet-4-5@20250929', /claude-sonnet-4-5$/],
    ['fireworks_ai/llama-v3p1-8b-instruct', 'fireworks/llama-v3p1-8b-instruct'],
    ['litellm_proxy/gpt-4o', 'openai/gpt-4o'],
    ['litellm_proxy/anthropic/claude-sonnet-4-5', 'anthropic/claude-sonnet-4-5'],
  ])('%s is priced as %s', (name, matched) => {
    expect(facts.priceSheet(ask(name), NOVEMBER).matched).toMatch(matched)
  })

  test.each([
    'openai/no-such-model',
    'openai/ft:gpt-9:acme::abc',
    'hosted_vllm/gpt-4o',
    'ollama/deepseek-chat',
    'no-such-provider/no-such-model',
    'openai/',
    `openai/${'gpt-4o'.repeat(100)}`,
    'openai/__proto__',
  ])('%s has no price, and that is visible', (name) => {
    expect(facts.priceSheet(ask(name), NOVEMBER)).toEqual({ sheet: undefined, matched: undefined })
    expect(price(ask(name), MILLION)).toEqual({ amount: 0n, pricing: 'unpriced' })
  })

  test('the base model comes before the name, the reported name after everything', () => {
    const matched = (query: ModelQuery): string | undefined => facts.priceSheet(query, NOVEMBER).matched
    expect(matched(ask('azure/my-deployment', {}, { baseModel: 'azure/gpt-4o-mini' }))).toBe('azure/gpt-4o-mini')
    expect(matched(ask('azure/gpt-4o', {}, { baseModel: 'gpt-4o-mini' }))).toBe('azure/gpt-4o-mini')
    expect(matched(ask('hosted_vllm/mine', {}, { baseModel: 'openai/gpt-4o' }))).toBe('openai/gpt-4o')
    expect(matched(ask('azure/my-deployment', {}, { reportedModel: 'gpt-4o-mini-2024-07-18' }))).toMatch(/gpt-4o-mini$/)
    expect(matched(ask('openai/gpt-4o', {}, { reportedModel: 'gpt-4o-mini' }))).toBe('openai/gpt-4o')
  })

  test('one model is never remembered as another, however their names are put together', () => {
    const first = facts.priceSheet(ask('openai/gpt-4o', {}, { baseModel: '' }), NOVEMBER)
    const second = facts.priceSheet(ask('openai/4o', {}, { baseModel: 'gpt-' }), NOVEMBER)
    expect(first.matched).toBe('openai/gpt-4o')
    expect(second.matched).toBeUndefined()
  })

  test('what the vendor gives away is free, what nobody has priced is not', () => {
    expect(price(ask('openai/omni-moderation-latest'), MILLION)).toEqual({ amount: 0n, pricing: 'free' })
    expect(price(ask('github_copilot/gpt-4o'), MILLION).pricing).toBe('unpriced')
  })

  test('a second look is the same sheet', () => {
    const query = ask('openai/gpt-4o')
    expect(facts.priceSheet(query, NOVEMBER).sheet).toBe(facts.priceSheet({ ...query }, NOVEMBER).sheet)
  })
})

test('prices that depend on the date and the time of day are those of the moment, in any order of asking', () => {
  const query = ask('deepseek/deepseek-chat')
  const cost = (hour: number): bigint => price(query, MILLION, {}, epochMs(Date.UTC(2026, 10, 21, hour))).amount
  const noon = cost(12)
  expect(cost(20)).not.toBe(noon)
  expect(cost(12)).toBe(noon)

  const o3 = (year: number): bigint => price(ask('openai/o3'), MILLION, {}, epochMs(Date.UTC(year, 0, 1))).amount
  expect(o3(2025)).toBeGreaterThan(o3(2026))
})

describe('prices of the deployment', () => {
  test('win key by key, and the rest is the table', () => {
    const query = ask('openai/gpt-4o', { input_cost_per_token: '1.5e-07' })
    expect(dollars(query, MILLION)).toBe(10.15)
    expect(facts.priceSheet(query, NOVEMBER).matched).toBe('openai/gpt-4o')
  })

  test('never leak to another deployment of the same model', () => {
    expect(dollars(ask('openai/gpt-4o', { input_cost_per_token: 1 }), MILLION)).toBe(1_000_010)
    expect(dollars(ask('openai/gpt-4o'), MILLION)).toBe(12.5)
  })

  test('price a model that the table does not know', () => {
    const query = ask('hosted_vllm/mine', { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 })
    expect(price(query, MILLION).pricing).toBe('priced')
    expect(dollars(query, MILLION)).toBe(3)
  })

  test('any price given is the price charged', () => {
    const micro = fc.integer({ min: 1, max: 1_000_000 })
    fc.assert(
      fc.property(micro, micro, (input, output) => {
        const query = ask('openai/gpt-4o', {
          input_cost_per_token: `${input}e-9`,
          output_cost_per_token: `${output}e-9`,
        })
        expect(price(query, MILLION).amount).toBe(BigInt(input + output) * 1_000_000_000n)
      }),
    )
  })

  test('of zero for input and output make a model free, whatever the table says of its cache', () => {
    const query = ask('openai/gpt-4o', { input_cost_per_token: 0, output_cost_per_token: '0.0' })
    expect(price(query, { ...MILLION, cachedInputTokens: 500_000 })).toEqual({ amount: 0n, pricing: 'free' })
    expect(price(ask('openai/gpt-4o', { input_cost_per_token: 0 }), MILLION).pricing).toBe('priced')
  })

  test('of zero with a price by the call are not free', () => {
    const own = { input_cost_per_token: 0, output_cost_per_token: 0, input_cost_per_request: 0.25 }
    expect(dollars(ask('openai/gpt-4o', own), MILLION)).toBe(0.25)
  })

  test('by the second alone replace those by the token', () => {
    const query = ask('openai/gpt-4o', { input_cost_per_second: 0.5 })
    expect(dollars(query, MILLION, { durationMs: 3000 })).toBe(1.5)
  })

  describe('by the picture', () => {
    const painted: Usage = { ...MILLION, imageOutputTokens: 1_000_000, pictures: 2 }

    test('stand for the whole of what is painted, and for nothing else', () => {
      const query = ask('openai/gpt-image-1', { output_cost_per_image: '0.04' })
      expect(dollars(query, painted)).toBe(0.08)
      expect(dollars(query, MILLION)).toBe(45)
      expect(dollars(ask('openai/gpt-image-1', { input_cost_per_image: 0.03 }), painted)).toBe(0.06)
    })

    test('go with an own price of the prompt', () => {
      const query = ask('openai/gpt-image-1', { output_cost_per_image: 0.04, input_cost_per_token: 1e-6 })
      expect(dollars(query, painted)).toBe(1.08)
    })

    test('give way to tokens with a price of their own', () => {
      const query = ask('openai/gpt-image-1', { output_cost_per_image: 0.04, output_cost_per_image_token: 1e-5 })
      expect(dollars(query, painted)).toBe(15)
      expect(dollars(query, { ...NO_USAGE, pictures: 2 })).toBe(0.08)
    })

    test('are shown', () => {
      const shown = facts.capabilities(ask('openai/gpt-image-1', { output_cost_per_image: '0.04' }), NOVEMBER)
      expect(shown).toMatchObject({ mode: 'image_generation', output_cost_per_image: 0.04 })
    })
  })

  test('the tokens of a picture have the price that the table has for them', () => {
    expect(dollars(ask('openai/gpt-image-1.5'), { ...MILLION, imageOutputTokens: 900_000, pictures: 1 })).toBe(34.8)
    expect(dollars(ask('openai/gpt-image-1.5'), { ...MILLION, imageInputTokens: 500_000 })).toBe(16.5)
  })

  test.each([-1, Number.NaN, 'dear', null, true, [1]])('that are none (%s) change nothing', (value) => {
    expect(dollars(ask('openai/gpt-4o', { input_cost_per_token: value }), MILLION)).toBe(12.5)
  })

  test('by prompt size apply to the whole call above their threshold, the dearer tier of the table included', () => {
    const own = {
      input_cost_per_token: 1e-6,
      output_cost_per_token: 1e-6,
      input_cost_per_token_above_128k_tokens: 2e-6,
      output_cost_per_token_above_256k_tokens: 3e-6,
    }
    const at = (inputTokens: number): number => dollars(ask('custom_openai/mine', own), { ...MILLION, inputTokens })
    expect([at(128_000), at(200_000), at(300_000)]).toEqual([1.128, 1.4, 3.6])
  })

  test('at xAI a tier begins with its threshold', () => {
    const own = { input_cost_per_token: 1e-6, input_cost_per_token_above_128k_tokens: 2e-6 }
    const at = (name: string): number => dollars(ask(name, own), { ...NO_USAGE, inputTokens: 128_000 })
    expect(at('xai/mine')).toBe(0.256)
    expect(at('custom_openai/mine')).toBe(0.128)
  })

  test('in ranges stand alone, row by row', () => {
    const rows = [
      { range: [32_000, 128_000], input_cost_per_token: 2e-6, output_cost_per_token: 6e-6 },
      {
        range: [0, 32_000],
        input_cost_per_token: 1e-6,
        output_cost_per_token: 3e-6,
        cache_read_input_token_cost: 1e-7,
      },
    ]
    const at = (inputTokens: number): number =>
      dollars(ask('openai/gpt-4o', { tiered_pricing: rows }), { ...NO_USAGE, inputTokens, cachedInputTokens: 10_000 })
    expect([at(32_000), at(100_000), at(500_000)]).toEqual([0.023, 0.2, 1])
  })

  test('by service tier apply to that tier, and the dearer price where only one of tier and size is priced', () => {
    const own = {
      input_cost_per_token: 10e-6,
      output_cost_per_token: 0,
      input_cost_per_token_flex: 5e-6,
      input_cost_per_token_priority: 30e-6,
      input_cost_per_token_above_200k_tokens: 20e-6,
    }
    const at = (inputTokens: number, serviceTier: string): number =>
      dollars(ask('custom_openai/mine', own), { ...NO_USAGE, inputTokens }, { serviceTier })
    expect([at(100_000, 'flex'), at(100_000, 'priority'), at(100_000, 'default')]).toEqual([0.5, 3, 1])
    expect([at(300_000, 'flex'), at(300_000, 'priority'), at(300_000, 'default')]).toEqual([6, 9, 6])
  })

  test('in batches are the batch prices, and half of the others', () => {
    const own = { input_cost_per_token: 10e-6, output_cost_per_token: 20e-6, input_cost_per_token_batches: 4e-6 }
    expect(dollars(ask('custom_openai/mine', own), MILLION, { batch: true })).toBe(14)
    expect(dollars(ask('openai/gpt-4o'), MILLION, { batch: true })).toBe(6.25)
  })
})

describe('model_info', () => {
  test('tells limits, abilities and prices of a known model', () => {
    expect(facts.capabilities(ask('openai/gpt-4o'), NOVEMBER)).toMatchObject({
      key: 'gpt-4o',
      litellm_provider: 'openai',
      mode: 'chat',
      max_tokens: 16_384,
      max_input_tokens: 128_000,
      max_output_tokens: 16_384,
      supports_vision: true,
      supports_function_calling: true,
      supports_reasoning: false,
      supports_prompt_caching: true,
      input_cost_per_token: 2.5e-6,
      output_cost_per_token: 1e-5,
      cache_read_input_token_cost: 1.25e-6,
    })
  })

  test('shows the prices that are charged, the tiers too', () => {
    const shown = facts.capabilities(ask('gemini/gemini-2.5-pro', { input_cost_per_token: '7e-6' }), NOVEMBER)
    expect(shown).toMatchObject({ input_cost_per_token: 7e-6, output_cost_per_token_above_200k_tokens: 1.5e-5 })
  })

  test('knows an embedding, whose vector is not an output limit', () => {
    const shown = facts.capabilities(ask('openai/text-embedding-3-small'), NOVEMBER)
    expect(shown).toMatchObject({ mode: 'embedding', max_input_tokens: 8192, input_cost_per_token: 2e-8 })
    expect(shown).not.toHaveProperty('max_output_tokens')
  })

  test('claims nothing of an unknown model', () => {
    expect(facts.capabilities(ask('hosted_vllm/mine'), NOVEMBER)).toEqual({ litellm_provider: 'hosted_vllm' })
  })
})
