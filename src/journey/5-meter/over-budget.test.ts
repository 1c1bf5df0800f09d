import { expect, test } from 'vitest'
import { epochMs } from '../../domain/ids.ts'
import { picoUsd } from '../../domain/money.ts'
import { overBudget } from './over-budget.ts'

function told(spent: bigint, held: bigint): string | undefined {
  const level = { kind: 'team', id: 'red', limit: picoUsd(10n ** 12n), window: undefined } as const
  const refused = { verdict: 'refused', level, spent: picoUsd(spent), held: picoUsd(held) } as const
  return overBudget({ refused, least: picoUsd(2n * 10n ** 11n), at: epochMs(0), as400: false, key: undefined }).say
}

test('a refusal says why there is no room: what is spent, what others hold, and what this call costs', () => {
  expect(told(10n ** 12n, 0n)).toBe('Budget has been exceeded! Team=red Current cost: 1, Max budget: 1')
  expect(told(9n * 10n ** 11n, 0n)).toMatch(/Max budget: 1\. This call costs 0\.2 or more$/)
  expect(told(5n * 10n ** 11n, 4n * 10n ** 11n)).toMatch(
    /Max budget: 1\. Calls under way may cost up to 0\.4, and this one costs 0\.2 or more$/,
  )
})
