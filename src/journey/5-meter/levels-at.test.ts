import { expect, test } from 'vitest'
import type { BudgetLevel } from '../../domain/budget-level.ts'
import { picoUsd } from '../../domain/money.ts'
import { levelsAt } from './levels-at.ts'

const groupsNamed = (name: string): readonly string[] => (name === 'fast' ? ['small'] : [])

function level(kind: BudgetLevel['kind'], ...models: readonly string[]): BudgetLevel {
  const [first, ...others] = models
  const named = first === undefined ? {} : { models: [first, ...others] as const }
  return { kind, id: kind === 'provider' ? 'openai' : 'x', limit: picoUsd(1n), window: undefined, ...named }
}
function at(levels: readonly BudgetLevel[], group: string, provider = 'openai'): readonly BudgetLevel[] {
  return levelsAt(levels, { group, deployments: [{ provider }] }, groupsNamed)
}

test('of budgets of single models those count whose model answers', () => {
  const [whole, small, large] = [level('key'), level('key', 'small'), level('team', 'large')]
  expect(at([whole, small, large], 'small')).toEqual([whole, small])
  expect(at([whole, small, large], 'large')).toEqual([whole, large])
  expect(at([small, large], 'other')).toEqual([])
})

test('a budget under an alias is its model’s, however that is called, and its account says both names', () => {
  const [named] = at([level('key', 'fast')], 'small')
  expect(named?.models).toEqual(['fast', 'small'])
  expect(at([level('key', 'fast')], 'openai/small')).toHaveLength(1)
  expect(at([level('key', 'fast')], 'fast')).toHaveLength(1)
  const asked: string[] = []
  levelsAt([level('team', 'fast')], { group: 'small', deployments: [] }, (name, of) => {
    asked.push(`${of} ${name}`)
    return []
  })
  expect(asked).toEqual(['team fast'])
})

test('a call that names several models falls under the budgets of all', () => {
  const levels = [level('key', 'small'), level('key', 'large'), level('key', 'other')]
  expect(levelsAt(levels, { group: 'small', others: ['large'], deployments: [] }, groupsNamed)).toEqual(
    levels.slice(0, 2),
  )
})

test('of providers those that may answer', () => {
  expect(at([level('provider')], 'small', 'azure')).toEqual([])
  expect(at([level('provider')], 'small')).toHaveLength(1)
})

test('without budgets of models or providers the list stays what it is', () => {
  const levels = [level('key'), level('team')]
  expect(at(levels, 'small')).toBe(levels)
})
