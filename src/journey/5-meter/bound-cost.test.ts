import fc from 'fast-check'
import { expect, test } from 'vitest'
import { picoUsd } from '../../domain/money.ts'
import type { PriceSheet, Rates, Schedule } from '../../domain/price.ts'
import { boundCost, costOf, outputWithin } from './bound-cost.ts'
import { priceUsage } from './price-usage.ts'

const rate = fc.bigInt(0n, 10n ** 15n)
const ratesArb: fc.Arbitrary<Rates> = fc.record(
  {
    input: rate,
    output: rate,
    cachedInput: rate,
    cacheWrite: rate,
    cacheWrite1h: rate,
    audioInput: rate,
    cachedAudioInput: rate,
    audioOutput: rate,
    imageInput: rate,
    imageOutput: rate,
    reasoning: rate,
    perRequest: rate,
    perSecond: rate,
  },
  { requiredKeys: ['input', 'output'] },
)
const scheduleArb: fc.Arbitrary<Schedule> = fc.record({
  base: ratesArb,
  tiers: fc
    .array(fc.record({ above: fc.nat(2_000), rates: ratesArb }), { maxLength: 3 })
    .map((tiers) => tiers.toSorted((a, b) => a.above - b.above)),
})
const sheetArb: fc.Arbitrary<PriceSheet> = fc.record({
  standard: scheduleArb,
  batch: scheduleArb,
  byServiceTier: scheduleArb.map((schedule) => new Map([['priority', schedule]])),
  free: fc.constant(false),
})
const upTo = (most: number): fc.Arbitrary<number> => fc.nat(most)
const usageArb = fc.record({
  inputTokens: upTo(3_000),
  outputTokens: upTo(3_000),
  cachedInputTokens: upTo(3_000),
  cacheWriteInputTokens: upTo(3_000),
  cacheWrite1hInputTokens: upTo(3_000),
  audioInputTokens: upTo(3_000),
  cachedAudioInputTokens: upTo(3_000),
  reasoningTokens: upTo(3_000),
  audioOutputTokens: upTo(3_000),
  imageInputTokens: upTo(3_000),
  imageOutputTokens: upTo(3_000),
})

test('INV-27: no usage within the bounds costs more than the bound, in any tier, service level and kind of token', () => {
  fc.assert(
    fc.property(
      sheetArb,
      usageArb,
      upTo(500),
      upTo(500),
      fc.boolean(),
      upTo(60_000),
      (sheet, usage, i, o, tier, ms) => {
        const bound = boundCost(sheet, usage.inputTokens + i, true, 60_000)
        const circumstances = { durationMs: ms, ...(tier ? { serviceTier: 'priority' } : {}) }
        const { amount } = priceUsage(sheet, usage, circumstances)
        expect(bound).toBeDefined()
        if (bound !== undefined) expect(costOf(bound, usage.outputTokens + o) >= amount).toBe(true)
      },
    ),
  )
})

test('the output that an amount pays for costs no more than it, and one token more does', () => {
  fc.assert(
    fc.property(rate, fc.bigInt(10n ** 6n, 10n ** 15n), fc.bigInt(0n, 10n ** 13n), (fixed, perOutputToken, pico) => {
      const bound = { fixed, perOutputToken }
      const tokens = outputWithin(bound, picoUsd(pico))
      if (costOf(bound, 0) > pico) expect(tokens).toBe(0)
      else {
        expect(costOf(bound, tokens) <= pico).toBe(true)
        expect(costOf(bound, tokens + 1) > pico).toBe(true)
      }
    }),
  )
})

test('a price that is missing for part of the call is no bound', () => {
  const sheet = (base: Rates): PriceSheet => {
    const schedule = { base, tiers: [] }
    return { standard: schedule, batch: schedule, byServiceTier: new Map(), free: false }
  }
  expect(boundCost(sheet({ input: 1n }), 10, true, 1000)).toBeUndefined()
  expect(boundCost(sheet({ input: 1n }), 10, false, 1000)).toEqual({ fixed: 10n, perOutputToken: 0n })
  expect(boundCost(sheet({ output: 1n }), 10, true, 1000)).toBeUndefined()
  expect(boundCost(sheet({}), 10, true, 1000)).toBeUndefined()
  expect(boundCost(sheet({ perRequest: 5n }), 10, true, 1000)).toEqual({ fixed: 5n, perOutputToken: 0n })
})
