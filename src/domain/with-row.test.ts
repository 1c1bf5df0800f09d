import { expect, test } from 'vitest'
import { epochMs } from './ids.ts'
import { NO_LIMITS } from './limits.ts'
import type { Limits } from './limits.ts'
import { picoUsd } from './money.ts'
import { withRow } from './with-row.ts'

const limits = (some: Partial<Limits>): Limits => ({ ...NO_LIMITS, ...some })
const daily = { duration: '1d', anchor: epochMs(0) }
const monthly = { duration: '30d', anchor: epochMs(0) }
const row = limits({
  maxBudget: picoUsd(9n),
  window: daily,
  softBudget: picoUsd(8n),
  tokensPerMinute: 7,
  requestsPerMinute: 6,
  parallelRequests: 5,
  perModel: { ...NO_LIMITS.perModel, maxBudget: { small: { budget_limit: 1 } } },
})

test('a key that says nothing has what its row says', () => {
  expect(withRow(NO_LIMITS, row)).toEqual(row)
  expect(withRow(limits({ window: monthly }), row)).toMatchObject({ maxBudget: 9n, window: daily })
  expect(withRow(row, undefined)).toBe(row)
})

test('what it says counts, money with its own period', () => {
  expect(withRow(limits({ maxBudget: picoUsd(1n) }), row)).toMatchObject({ maxBudget: 1n, window: undefined })
  expect(withRow(limits({ window: monthly }), { ...row, maxBudget: undefined })).toMatchObject({ window: monthly })
  const own = limits({
    softBudget: picoUsd(1n),
    tokensPerMinute: 0,
    requestsPerMinute: 0,
    parallelRequests: 0,
    perModel: {
      maxBudget: { large: { budget_limit: 1 } },
      tokensPerMinute: { large: 1 },
      requestsPerMinute: undefined,
    },
  })
  expect(withRow(own, row)).toEqual({ ...own, maxBudget: 9n, window: daily })
})

test('an empty list of models says nothing', () => {
  const own = limits({ perModel: { maxBudget: {}, tokensPerMinute: { large: 1 }, requestsPerMinute: undefined } })
  expect(withRow(own, row).perModel).toEqual({ ...own.perModel, maxBudget: row.perModel.maxBudget })
})
