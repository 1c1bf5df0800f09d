import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from './ids.ts'
import { NO_LIMITS } from './limits.ts'
import type { BudgetWindow, Limits } from './limits.ts'
import { picoUsd } from './money.ts'
import { isRaise } from './raise.ts'

const window = (duration: string, anchor = 0): BudgetWindow => ({ duration, anchor: epochMs(anchor) })
const limits = (some: Partial<Limits>): Limits => ({ ...NO_LIMITS, ...some })
const money = (amount: bigint, duration?: string) =>
  limits({ maxBudget: picoUsd(amount), window: duration === undefined ? undefined : window(duration) })
const slots = (...some: readonly (readonly [bigint, string])[]) =>
  limits({ perWindow: some.map(([amount, duration]) => ({ maxBudget: picoUsd(amount), window: window(duration) })) })
const perModel = (some: Partial<Limits['perModel']>) => limits({ perModel: { ...NO_LIMITS.perModel, ...some } })
const budgetOf = (budget: NonNullable<Limits['perModel']['maxBudget']>[string]) =>
  perModel({ maxBudget: { gpt: budget } })

describe('Z-15: what counts as a raise', () => {
  test.each([
    ['more money', money(1n), money(2n), 'maxBudget'],
    ['money without an end', money(1n), NO_LIMITS, 'maxBudget'],
    ['more tokens', limits({ tokensPerMinute: 1 }), limits({ tokensPerMinute: 2 }), 'tokensPerMinute'],
    ['requests cleared', limits({ requestsPerMinute: 1 }), NO_LIMITS, 'requestsPerMinute'],
    ['more at once', limits({ parallelRequests: 1 }), limits({ parallelRequests: 2 }), 'parallelRequests'],
    ['a later word of warning', limits({ softBudget: picoUsd(1n) }), NO_LIMITS, 'softBudget'],
    ['a shorter window', money(1n, '7d'), money(1n, '1d'), 'window'],
    ['a shorter window for less', money(100n, '30d'), money(1n, '1d'), 'window'],
    ['money that comes back', money(1n), money(1n, '30d'), 'window'],
    [
      'windows cut elsewhere',
      limits({ maxBudget: picoUsd(1n), window: window('2d', 86_400_000) }),
      money(1n, '48h'),
      'window',
    ],
    ['a month for 29 days, of which February has one less', money(1n, '29d'), money(1n, '1mo'), 'window'],
    ['a month for 31 days', money(1n, '31d'), money(1n, '1mo'), 'window'],
    [
      'a window that begins early',
      limits({ maxBudget: picoUsd(1n), window: window('3d', 0) }),
      limits({ maxBudget: picoUsd(1n), window: window('3d', 86_400_000) }),
      'window',
    ],
    ['one of several windows gone', slots([1n, '1d'], [5n, '7d']), slots([1n, '1d']), 'perWindow'],
    ['more in one of them', slots([1n, '1d'], [5n, '7d']), slots([5n, '7d'], [2n, '1d']), 'perWindow'],
    ['the same in a shorter one', slots([5n, '7d']), slots([5n, '1d']), 'perWindow'],
    ['a model without a limit', perModel({ tokensPerMinute: { gpt: 1 } }), NO_LIMITS, 'perModel'],
    [
      'a model with a larger one',
      perModel({ requestsPerMinute: { gpt: 1 } }),
      perModel({ requestsPerMinute: { gpt: 2 } }),
      'perModel',
    ],
    ['a model without a budget', budgetOf({ budget_limit: 1 }), NO_LIMITS, 'perModel'],
    ['more for a model', budgetOf({ budget_limit: 1 }), budgetOf({ max_budget: 2 }), 'perModel'],
    [
      'the same for a model, sooner',
      budgetOf({ budget_limit: 1, time_period: '7d' }),
      budgetOf({ budget_limit: 1, time_period: '1d' }),
      'perModel',
    ],
    ['a model’s tokens', budgetOf({ tpm_limit: 1 }), budgetOf({ tpm_limit: 2 }), 'perModel'],
    ['a model’s requests', budgetOf({ rpm_limit: 1 }), budgetOf({ rpm_limit: null }), 'perModel'],
    ['two names at once', budgetOf({ budget_limit: 2 }), budgetOf({ budget_limit: 1, max_budget: 9 }), 'perModel'],
    ['what nobody knows', budgetOf({ budget_limit: 2 }), budgetOf({ budget_limit: 2, bonus: 1 }), 'perModel'],
    ['a period that is none', budgetOf({ time_period: '1d' }), budgetOf({ time_period: 'soon' }), 'perModel'],
    [
      'money that comes back, of a model',
      budgetOf({ budget_limit: 1 }),
      budgetOf({ budget_limit: 1, time_period: '1d' }),
      'perModel',
    ],
  ])('%s', (_what, before, after, name) => {
    expect(isRaise(before, after)).toBe(name)
  })

  test.each([
    ['a limit where there was none', NO_LIMITS, money(1n, '1d')],
    ['less money', money(2n), money(1n)],
    ['a longer window', money(1n, '1d'), money(1n, '7d')],
    ['money once and for all', money(1n, '1d'), money(1n)],
    ['another word for the same window', money(1n, '7d'), money(1n, '1w')],
    ['thirty days by another name', money(1n, '30d'), money(1n, '1mo')],
    [
      'a window where there is no money to come back',
      limits({ window: window('7d') }),
      limits({ window: window('1d') }),
    ],
    ['a limit for one more model', perModel({}), perModel({ tokensPerMinute: { gpt: 1 } })],
    [
      'less for a model, later',
      budgetOf({ budget_limit: 2, time_period: '1d' }),
      budgetOf({ max_budget: 1, budget_duration: '7d' }),
    ],
    ['the same, with what nobody knows', budgetOf({ bonus: 1 }), budgetOf({ bonus: 1 })],
  ])('%s is none', (_what, before, after) => {
    expect(isRaise(before, after)).toBeUndefined()
  })

  test('a model named like a member of every object is a model', () => {
    const before = perModel({ tokensPerMinute: { constructor: 5 } })
    expect(isRaise(before, perModel({ tokensPerMinute: {} }))).toBe('perModel')
  })
})

describe('for any limits', () => {
  const amount = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined })
  const dollars = fc.option(fc.bigInt({ min: 0n, max: 3n }).map(picoUsd), { nil: undefined })
  const rates = fc.option(fc.dictionary(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 3 })), { nil: undefined })
  const any: fc.Arbitrary<Limits> = fc.record({
    maxBudget: dollars,
    softBudget: dollars,
    window: fc.option(
      fc.constantFrom('1h', '1d', '3d', '7d', '30d').map((text) => window(text)),
      { nil: undefined },
    ),
    perWindow: fc.array(
      fc.record({
        maxBudget: fc.bigInt({ min: 0n, max: 3n }).map(picoUsd),
        window: fc.constantFrom('1d', '7d').map((text) => window(text)),
      }),
      { maxLength: 2 },
    ),
    tokensPerMinute: amount,
    requestsPerMinute: amount,
    parallelRequests: amount,
    perModel: fc.record({
      maxBudget: fc.dictionary(fc.constantFrom('a', 'b'), fc.record({ budget_limit: fc.nat(3) })),
      tokensPerMinute: rates,
      requestsPerMinute: rates,
    }),
  })

  test('no change is no raise, and a limit on what was free is none', () => {
    fc.assert(
      fc.property(any, (limit) => {
        expect(isRaise(limit, limit)).toBeUndefined()
        expect(isRaise(NO_LIMITS, limit)).toBeUndefined()
      }),
    )
  })

  test('several steps that are no raises make no raise', () => {
    const windows = [
      undefined,
      ...['1h', '24h', '1d', '3d', '7d', '30d', '31d', '60d'].map((text) => window(text, 9e8)),
    ]
    const all = [undefined, 1n, 2n].flatMap((dollar) =>
      windows.map((each) => limits({ maxBudget: dollar === undefined ? undefined : picoUsd(dollar), window: each })),
    )
    const lowered = new Map(all.map((one) => [one, all.filter((other) => isRaise(one, other) === undefined)]))
    for (const [one, twos] of lowered) {
      const twice = new Set(twos.flatMap((two) => lowered.get(two) ?? []))
      expect([...twice].filter((three) => isRaise(one, three) !== undefined)).toEqual([])
    }
  })

  test('there and back, one way is a raise, unless both are the same', () => {
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 3 }), (limit, tokensPerMinute) => {
        fc.pre(limit.tokensPerMinute !== tokensPerMinute)
        const changed = { ...limit, tokensPerMinute }
        const raises = [isRaise(limit, changed), isRaise(changed, limit)].filter((name) => name !== undefined)
        expect(raises).toEqual(['tokensPerMinute'])
      }),
    )
  })
})
