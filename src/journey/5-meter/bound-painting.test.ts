import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PriceSheet, Rates, Schedule } from '../../domain/price.ts'
import { NO_USAGE } from '../../domain/usage.ts'
import { costOf } from './bound-cost.ts'
import { boundPainting } from './bound-painting.ts'
import { estimatePainted, paintedUsage } from './painted-usage.ts'
import { priceUsage } from './price-usage.ts'

function sheetOf(base: Rates, painting?: Schedule): PriceSheet {
  const schedule = { base, tiers: [] }
  const sheet = { standard: schedule, batch: schedule, byServiceTier: new Map(), free: false }
  return painting === undefined ? sheet : { ...sheet, painting }
}

const rate = fc.bigInt(0n, 10n ** 15n)
const ratesArb: fc.Arbitrary<Rates> = fc.record(
  {
    input: rate,
    output: rate,
    imageInput: rate,
    imageOutput: rate,
    inputPicture: rate,
    outputPicture: rate,
    perRequest: rate,
    perSecond: rate,
  },
  { requiredKeys: [] },
)

test('INV-27: no order costs more than its bound, told by tokens or not, finished or not', () => {
  fc.assert(
    fc.property(
      ratesArb,
      fc.option(ratesArb, { nil: undefined }),
      fc.record({ pictures: fc.integer({ min: 1, max: 10 }), tokensEach: fc.nat(9_000) }),
      fc.record({ prompt: fc.nat(2_000), came: fc.double({ min: 0, max: 1, noNaN: true }), told: fc.boolean() }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (base, own, order, { prompt, came, told }, part) => {
        const sheet = sheetOf(base, own && { base: own, tiers: [] })
        const outputTokens = Math.floor(order.pictures * order.tokensEach * part)
        const painted = {
          order,
          sheet,
          came: came > 0.9 ? undefined : Math.floor(came * (order.pictures + 1)),
          told: told ? { ...NO_USAGE, inputTokens: prompt, outputTokens } : undefined,
        }
        const usage = paintedUsage(painted) ?? estimatePainted(painted, prompt)
        const { amount, pricing } = priceUsage(sheet, usage, { durationMs: 1_000 })
        const bound = boundPainting(sheet, prompt, order, 1_000)
        if (bound === undefined) return
        expect(costOf(bound, 0) >= amount).toBe(true)
        expect(pricing).toBe('priced')
      },
    ),
  )
})

const ORDER = { pictures: 3, tokensEach: 1_000 }

test.each<[string, Rates, bigint | undefined]>([
  ['by the picture', { outputPicture: 5n }, 15n],
  ['by its other name', { inputPicture: 5n }, 15n],
  ['by the token', { input: 1n, output: 2n }, 10n + 6_000n],
  ['by image tokens alone', { input: 1n, imageOutput: 2n }, 10n + 6_000n],
  ['whichever is dearer', { input: 1n, output: 2n, outputPicture: 5_000n }, 10n + 15_000n],
  ['the prompt beside the picture', { input: 1n, outputPicture: 5n }, 10n + 15n],
  ['by the call', { perRequest: 7n }, 7n],
  ['a prompt without a price', { output: 2n }, undefined],
  ['tokens without a price', { input: 1n }, undefined],
  ['nothing', {}, undefined],
])('%s', (_what, rates, fixed) => {
  expect(boundPainting(sheetOf(rates), 10, ORDER, 1_000)).toEqual(
    fixed === undefined ? undefined : { fixed, perOutputToken: 0n },
  )
})

test('the operator’s own price stands alone', () => {
  const sheet = sheetOf({ input: 1n, output: 2n }, { base: { outputPicture: 5n }, tiers: [] })
  expect(boundPainting(sheet, 10, ORDER, 1_000)).toEqual({ fixed: 15n, perOutputToken: 0n })
})
