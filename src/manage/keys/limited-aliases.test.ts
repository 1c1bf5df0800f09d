import { expect, test } from 'vitest'
import { NO_LIMITS } from '../../domain/limits.ts'
import { givesOtherMeaning, limitedAliases } from './limited-aliases.ts'

const key = (limited: string, modelAliases: Readonly<Record<string, string>>) => ({
  modelAliases,
  limits: { ...NO_LIMITS, perModel: { ...NO_LIMITS.perModel, requestsPerMinute: { [limited]: 1 } } },
})

test.each([
  ['another model', 'quick', { quick: 'a' }, { quick: 'b' }, true],
  ['an alias that is gone', 'quick', { quick: 'a' }, {}, true],
  ['an alias in the place of the model', 'a', {}, { a: 'b' }, true],
  ['an alias that a pattern names, to a model that it does not', 'qu*', {}, { quick: 'b' }, true],
  ['an alias that no limit names', 'a', { quick: 'a' }, { quick: 'b', other: 'a' }, false],
  ['a limit that names both models itself', '*', { quick: 'a' }, { quick: 'b' }, false],
  ['the same again', 'quick', { quick: 'a' }, { quick: 'a' }, false],
  ['the name of what every object has', 'quick', {}, { constructor: 'a' }, false],
])('%s', (_what, limited, before, after, isOther) => {
  expect(givesOtherMeaning(key(limited, before), { modelAliases: after })).toBe(isOther)
})

test('what keeps its meaning by an alias alone', () => {
  expect(limitedAliases(key('quick', { quick: 'a', other: 'b' }))).toEqual({ quick: 'a' })
  expect(limitedAliases(key('*', { quick: 'a' }))).toEqual({})
})
