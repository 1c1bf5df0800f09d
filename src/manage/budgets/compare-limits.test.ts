import { expect, test } from 'vitest'
import { NO_LIMITS } from '../../domain/limits.ts'
import { parseUsd } from '../../domain/money.ts'
import { findAmountBeyond, findRaise } from './compare-limits.ts'

test('an amount that stayed is not asked about again, so that a lowered ceiling does not stop other changes', () => {
  const limits = { ...NO_LIMITS, maxBudget: parseUsd(10), tokensPerMinute: 5 }
  const ceiling = { ...NO_LIMITS, maxBudget: parseUsd(5) }
  expect(findAmountBeyond(limits, ceiling)).toBe('max_budget')
  expect(findAmountBeyond(limits, ceiling, limits)).toBeUndefined()
  expect(findAmountBeyond(NO_LIMITS, ceiling)).toBeUndefined()
})

test('what is raised is called as callers spell it', () => {
  expect(findRaise({ ...NO_LIMITS, requestsPerMinute: 1 }, { ...NO_LIMITS, requestsPerMinute: 2 })).toBe('rpm_limit')
  expect(findRaise({ ...NO_LIMITS, maxBudget: parseUsd(1) }, NO_LIMITS)).toBe('max_budget')
  expect(findRaise(NO_LIMITS, { ...NO_LIMITS, tokensPerMinute: 2 })).toBeUndefined()
})
