import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PICO_PER_USD } from '../../domain/money.ts'
import { RATE_PER_USD, rateOf } from '../../domain/price.ts'
import type { PricedUnit, PriceSheet, Rates } from '../../domain/price.ts'
import { NO_USAGE } from '../../domain/usage.ts'
import type { Usage } from '../../domain/usage.ts'
import { priceUsage } from './price-usage.ts'

const PER_MILLION = RATE_PER_USD / 1_000_000n
const DOLLAR = PICO_PER_USD

function flat(rates: Rates): PriceSheet {
  const schedule = { base: rates, tiers: [] }
  return { standard: schedule, batch: schedule, byServiceTier: new Map(), free: false }
}

const usage = (counts: Partial<Usage>): Usage => ({ ...NO_USAGE, ...counts })

describe('the token formula', () => {
  const rates: Rates = {
    input: 10n * PER_MILLION,
    cachedInput: 1n * PER_MILLION,
    cacheWrite: 12n * PER_MILLION,
    cacheWrite1h: 20n * PER_MILLION,
    audioInput: 40n * PER_MILLION,
    cachedAudioInput: 2n * PER_MILLION,
    output: 100n * PER_MILLION,
    reasoning: 60n * PER_MILLION,
    audioOutput: 200n * PER_MILLION,
    imageInput: 15n * PER_MILLION,
    imageOutput: 400n * PER_MILLION,
  }
  const M = 1_000_000

  test.each([
    { name: 'text in', counts: { inputTokens: M }, dollars: 10n },
    { name: 'text out', counts: { outputTokens: M }, dollars: 100n },
    { name: 'half cached', counts: { inputTokens: 2 * M, cachedInputTokens: M }, dollars: 11n },
    { name: 'half written to the cache', counts: { inputTokens: 2 * M, cacheWriteInputTokens: M }, dollars: 22n },
    {
      name: 'written to the cache for an hour in part',
      counts: { inputTokens: 2 * M, cacheWriteInputTokens: 2 * M, cacheWrite1hInputTokens: M },
      dollars: 32n,
    },
    { name: 'audio in', counts: { inputTokens: 2 * M, audioInputTokens: M }, dollars: 50n },
    {
      name: 'audio that was cached',
      counts: { inputTokens: 3 * M, audioInputTokens: 2 * M, cachedInputTokens: M, cachedAudioInputTokens: M },
      dollars: 52n,
    },
    { name: 'reasoning', counts: { outputTokens: 2 * M, reasoningTokens: M }, dollars: 160n },
    { name: 'images in', counts: { inputTokens: 2 * M, imageInputTokens: M }, dollars: 25n },
    { name: 'images out', counts: { outputTokens: 2 * M, imageOutputTokens: M }, dollars: 500n },
    { name: 'audio out', counts: { outputTokens: 2 * M, audioOutputTokens: M }, dollars: 300n },
    {
      name: 'details that overlap: the cache first, then audio, then text',
      counts: { inputTokens: 3 * M, cachedInputTokens: 2 * M, audioInputTokens: 3 * M },
      dollars: 42n,
    },
    {
      name: 'details larger than the whole',
      counts: { inputTokens: M, cachedInputTokens: 5 * M, outputTokens: M, reasoningTokens: 9 * M },
      dollars: 61n,
    },
  ])('$name', ({ counts, dollars }) => {
    expect(priceUsage(flat(rates), usage(counts))).toEqual({ amount: dollars * DOLLAR, pricing: 'priced' })
  })
})

test('the amount is rounded once, half up, at a millionth of a millionth of a dollar', () => {
  const sheet = flat({ input: 300_000n, output: 200_000n })
  expect(priceUsage(sheet, usage({ inputTokens: 1 })).amount).toBe(0n)
  expect(priceUsage(sheet, usage({ inputTokens: 1, outputTokens: 1 })).amount).toBe(1n)
})

test('the tier that the prompt exceeds prices all tokens of the call, the output too', () => {
  const sheet: PriceSheet = {
    ...flat({}),
    standard: {
      base: { input: PER_MILLION, output: 2n * PER_MILLION },
      tiers: [{ above: 200_000, rates: { input: 5n * PER_MILLION, output: 20n * PER_MILLION } }],
    },
  }
  const at = (inputTokens: number): bigint => priceUsage(sheet, usage({ inputTokens, outputTokens: 100_000 })).amount
  expect(at(200_000)).toBe((4n * DOLLAR) / 10n)
  expect(at(300_000)).toBe((35n * DOLLAR) / 10n)
})

test('the service tier and the batch choose their own prices, an unknown tier the standard ones', () => {
  const schedule = (dollars: bigint): PriceSheet['standard'] => ({ base: { input: dollars * PER_MILLION }, tiers: [] })
  const sheet: PriceSheet = {
    standard: schedule(10n),
    batch: schedule(5n),
    byServiceTier: new Map([['priority', schedule(20n)]]),
    free: false,
  }
  const million = usage({ inputTokens: 1_000_000 })
  expect(priceUsage(sheet, million).amount).toBe(10n * DOLLAR)
  expect(priceUsage(sheet, million, { serviceTier: 'priority' }).amount).toBe(20n * DOLLAR)
  expect(priceUsage(sheet, million, { serviceTier: 'default' }).amount).toBe(10n * DOLLAR)
  expect(priceUsage(sheet, million, { serviceTier: 'priority', batch: true }).amount).toBe(5n * DOLLAR)
})

test('prices by the call and by the second are added to the tokens', () => {
  const sheet = flat({ input: PER_MILLION, perRequest: RATE_PER_USD, perSecond: RATE_PER_USD })
  const priced = priceUsage(sheet, usage({ inputTokens: 1_000_000 }), { durationMs: 2500 })
  expect(priced).toEqual({ amount: (45n * DOLLAR) / 10n, pricing: 'priced' })
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('a duration of %s costs nothing', (durationMs) => {
  expect(priceUsage(flat({ perSecond: RATE_PER_USD }), NO_USAGE, { durationMs }).amount).toBe(0n)
})

describe('pictures', () => {
  const CENT = RATE_PER_USD / 100n
  const both = flat({ input: PER_MILLION, output: 40n * PER_MILLION, outputPicture: 4n * CENT })

  test.each<{ name: string; sheet: PriceSheet; counts: Partial<Usage>; dollars: bigint; pricing?: 'unpriced' }>([
    { name: 'by the picture', sheet: flat({ outputPicture: RATE_PER_USD }), counts: { pictures: 3 }, dollars: 3n },
    { name: 'by its other name', sheet: flat({ inputPicture: RATE_PER_USD }), counts: { pictures: 3 }, dollars: 3n },
    {
      name: 'by the name that says more',
      sheet: flat({ inputPicture: CENT, outputPicture: RATE_PER_USD }),
      counts: { pictures: 2 },
      dollars: 2n,
    },
    {
      name: 'by the token, where both are known',
      sheet: both,
      counts: { pictures: 2, outputTokens: 1_000_000 },
      dollars: 40n,
    },
    { name: 'by the picture, where no tokens are', sheet: both, counts: { pictures: 50 }, dollars: 2n },
    {
      name: 'the prompt beside the picture',
      sheet: flat({ input: PER_MILLION, outputPicture: RATE_PER_USD }),
      counts: { pictures: 1, inputTokens: 1_000_000, outputTokens: 7 },
      dollars: 2n,
    },
    {
      name: 'tokens of pictures, which alone have a price',
      sheet: flat({ input: PER_MILLION, imageOutput: 40n * PER_MILLION }),
      counts: { pictures: 1, outputTokens: 1_000_000, imageOutputTokens: 1_000_000 },
      dollars: 40n,
    },
    {
      name: 'by the operator’s own price, whatever the table has',
      sheet: { ...both, painting: { base: { outputPicture: RATE_PER_USD }, tiers: [] } },
      counts: { pictures: 2, inputTokens: 1_000_000, outputTokens: 1_000_000 },
      dollars: 2n,
    },
    { name: 'none', sheet: flat({ outputPicture: RATE_PER_USD }), counts: { pictures: 0 }, dollars: 0n },
    {
      name: 'an answer of words costs nothing by the picture',
      sheet: flat({ outputPicture: RATE_PER_USD }),
      counts: { outputTokens: 5 },
      dollars: 0n,
      pricing: 'unpriced',
    },
    {
      name: 'nobody has priced',
      sheet: flat({ input: 0n }),
      counts: { pictures: 1, outputTokens: 5 },
      dollars: 0n,
      pricing: 'unpriced',
    },
  ])('$name', ({ sheet, counts, dollars, pricing = 'priced' }) => {
    expect(priceUsage(sheet, usage(counts))).toEqual({ amount: dollars * DOLLAR, pricing })
  })
})

describe('what has no price is visible', () => {
  test.each([
    { name: 'no sheet at all', sheet: undefined, counts: { inputTokens: 5 }, pricing: 'unpriced' },
    { name: 'output without a price', sheet: flat({ input: 1n }), counts: { outputTokens: 5 }, pricing: 'unpriced' },
    { name: 'input without a price', sheet: flat({ output: 1n }), counts: { inputTokens: 5 }, pricing: 'unpriced' },
    { name: 'input only, as embeddings', sheet: flat({ input: 1n }), counts: { inputTokens: 5 }, pricing: 'priced' },
    { name: 'by the call alone', sheet: flat({ perRequest: 1n }), counts: { inputTokens: 5 }, pricing: 'priced' },
    { name: 'prices of zero', sheet: flat({ input: 0n, output: 0n }), counts: { inputTokens: 5 }, pricing: 'priced' },
    { name: 'declared free', sheet: { ...flat({}), free: true }, counts: { inputTokens: 5 }, pricing: 'free' },
  ])('$name -> $pricing', ({ sheet, counts, pricing }) => {
    expect(priceUsage(sheet, usage(counts)).pricing).toBe(pricing)
  })

  test('what is known is charged all the same', () => {
    const priced = priceUsage(flat({ input: PER_MILLION }), usage({ inputTokens: 1_000_000, outputTokens: 1 }))
    expect(priced).toEqual({ amount: DOLLAR, pricing: 'unpriced' })
  })
})

describe('for any prices and any usage', () => {
  const count = fc.nat(2_000_000)
  const rate = fc.option(fc.bigInt({ min: 0n, max: 10n ** 15n }), { nil: undefined })
  const units: readonly PricedUnit[] = ['input', 'output', 'cachedInput', 'cacheWrite', 'cacheWrite1h', 'audioInput']
  const anyRates = fc
    .tuple(...units.map((unit) => rate.map((value) => (value === undefined ? [] : [[unit, value] as const]))))
    .map((pairs): Rates => Object.fromEntries(pairs.flat()))
  const anyUsage = fc.record({
    inputTokens: count,
    outputTokens: count,
    cachedInputTokens: count,
    cacheWriteInputTokens: count,
    cacheWrite1hInputTokens: count,
    audioInputTokens: count,
    cachedAudioInputTokens: count,
    imageInputTokens: count,
    reasoningTokens: count,
    audioOutputTokens: count,
    imageOutputTokens: count,
  })

  test('INV-29: the amount is never negative', () => {
    fc.assert(
      fc.property(anyRates, anyUsage, (rates, counts) => {
        expect(priceUsage(flat(rates), counts).amount).toBeGreaterThanOrEqual(0n)
      }),
    )
  })

  test('more tokens of any kind never cost less', () => {
    const kinds: readonly (readonly Exclude<keyof Usage, 'pictures'>[])[] = [
      ['inputTokens'],
      ['inputTokens', 'cachedInputTokens'],
      ['inputTokens', 'cacheWriteInputTokens'],
      ['inputTokens', 'cacheWriteInputTokens', 'cacheWrite1hInputTokens'],
      ['inputTokens', 'audioInputTokens'],
      ['inputTokens', 'cachedInputTokens', 'audioInputTokens', 'cachedAudioInputTokens'],
      ['outputTokens'],
      ['outputTokens', 'reasoningTokens'],
      ['outputTokens', 'audioOutputTokens'],
      ['inputTokens', 'imageInputTokens'],
      ['outputTokens', 'imageOutputTokens'],
    ]
    const parts = fc.tuple(...kinds.map(() => fc.nat(100_000)))
    const build = (sizes: readonly number[]): Usage => {
      const counts: Record<Exclude<keyof Usage, 'pictures'>, number> = {
        ...NO_USAGE,
        cacheWrite1hInputTokens: 0,
        cachedAudioInputTokens: 0,
        imageInputTokens: 0,
        imageOutputTokens: 0,
      }
      kinds.forEach((names, index) => names.forEach((name) => (counts[name] += sizes[index] ?? 0)))
      return counts
    }
    fc.assert(
      fc.property(anyRates, parts, fc.nat(kinds.length - 1), fc.nat(1000), (rates, sizes, kind, more) => {
        const larger = sizes.map((size, index) => (index === kind ? size + more : size))
        const before = priceUsage(flat(rates), build(sizes)).amount
        expect(priceUsage(flat(rates), build(larger)).amount).toBeGreaterThanOrEqual(before)
      }),
    )
  })

  test('every token is billed once: with one price for all kinds the details do not matter', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), anyUsage, (price, counts) => {
        const sheet = flat({ input: price, output: price })
        const plain = usage({ inputTokens: counts.inputTokens, outputTokens: counts.outputTokens })
        expect(rateOf(sheet.standard.base, 'cachedInput')).toBe(price)
        expect(priceUsage(sheet, counts)).toEqual(priceUsage(sheet, plain))
      }),
    )
  })
})
