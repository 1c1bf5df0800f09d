import { expect, test } from 'vitest'
import type { PriceSheet, Rates } from '../../domain/price.ts'
import { NO_USAGE } from '../../domain/usage.ts'
import type { Usage } from '../../domain/usage.ts'
import { estimatePainted, paintedUsage } from './painted-usage.ts'

function sheetOf(base: Rates): PriceSheet {
  const schedule = { base, tiers: [] }
  return { standard: schedule, batch: schedule, byServiceTier: new Map(), free: false }
}

const TOKENS = sheetOf({ input: 1n, output: 1n })
const PICTURES = sheetOf({ outputPicture: 1n })
const ORDER = { pictures: 2, tokensEach: 1_000 }
const usage = (counts: Partial<Usage>): Usage => ({ ...NO_USAGE, ...counts })

test.each<[string, Parameters<typeof paintedUsage>[0], Partial<Usage> | undefined]>([
  [
    'tokens that were told are tokens of pictures',
    { order: ORDER, came: 2, told: usage({ inputTokens: 9, outputTokens: 500 }), sheet: TOKENS },
    { inputTokens: 9, outputTokens: 500, imageOutputTokens: 500, pictures: 2 },
  ],
  [
    'unless they were told apart',
    { order: ORDER, came: 2, told: usage({ outputTokens: 500, imageOutputTokens: 400 }), sheet: TOKENS },
    { outputTokens: 500, imageOutputTokens: 400, pictures: 2 },
  ],
  ['pictures that came count', { order: ORDER, came: 1, told: undefined, sheet: PICTURES }, { pictures: 1 }],
  ['more than were ordered too', { order: ORDER, came: 4, told: undefined, sheet: PICTURES }, { pictures: 4 }],
  ['but not any number', { order: ORDER, came: 1e6, told: undefined, sheet: PICTURES }, { pictures: 2 }],
  [
    'else those that were ordered',
    { order: ORDER, came: undefined, told: undefined, sheet: PICTURES },
    { pictures: 2 },
  ],
  ['tokens have to be estimated', { order: ORDER, came: 2, told: undefined, sheet: TOKENS }, undefined],
  ['a told zero is no usage', { order: ORDER, came: 2, told: NO_USAGE, sheet: TOKENS }, undefined],
  [
    'where no picture came it is',
    { order: ORDER, came: 0, told: NO_USAGE, sheet: TOKENS },
    { imageOutputTokens: 0, pictures: 0 },
  ],
])('%s', (_what, painted, counts) => {
  expect(paintedUsage(painted)).toEqual(counts === undefined ? undefined : usage(counts))
})

test.each<[string, PriceSheet | undefined, Partial<Usage>]>([
  ['by the token', TOKENS, { inputTokens: 7, outputTokens: 2_000, imageOutputTokens: 2_000, pictures: 2 }],
  [
    'of pictures with a price none',
    sheetOf({ input: 1n, outputPicture: 1n }),
    { inputTokens: 7, imageOutputTokens: 0, pictures: 2 },
  ],
  ['of what nobody has priced none', undefined, { inputTokens: 7, imageOutputTokens: 0, pictures: 2 }],
])('an estimate of tokens: %s', (_what, sheet, counts) => {
  expect(estimatePainted({ order: ORDER, came: undefined, told: undefined, sheet }, 7)).toEqual(usage(counts))
})
