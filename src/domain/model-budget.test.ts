import { expect, test } from 'vitest'
import { picoUsd } from './money.ts'
import { modelBudgets, namesModel } from './model-budget.ts'

test.each([
  ['gpt-4o', 'gpt-4o', [], true],
  ['gpt-4o', 'openai/gpt-4o', [], true],
  ['gpt-4o', 'router/openai/gpt-4o', [], true],
  ['openai/gpt-4o', 'gpt-4o', ['azure', 'openai'], true],
  ['openai/gpt-4o', 'gpt-4o', ['azure'], false],
  ['openai/*', 'gpt-4o', ['openai'], true],
  ['gpt-*', 'openai/gpt-4o', [], true],
  ['*', 'anything', [], true],
  ['gpt-4o', 'gpt-4o-mini', [], false],
  ['4o', 'gpt-4o', [], false],
  ['gpt_4o', 'gpt-4o', [], false],
])('the name %j, of a call of %j by %j: %j', (name, group, providers, expected) => {
  expect(namesModel(name, group, providers)).toBe(expected)
})

test('a budget goes by either of two names, and what is no amount is nothing', () => {
  expect(
    modelBudgets({
      one: { budget_limit: 1e-12, time_period: '3d' },
      two: { max_budget: 2e-12, budget_duration: '1h' },
      three: { budget_limit: -1 },
      four: { time_period: 'ever' },
    }),
  ).toEqual([
    { model: 'one', limit: picoUsd(1n), window: { duration: '3d', anchor: 0 } },
    { model: 'two', limit: picoUsd(2n), window: { duration: '1h', anchor: 0 } },
    { model: 'three', limit: picoUsd(0n), window: undefined },
    { model: 'four', limit: picoUsd(0n), window: undefined },
  ])
})
