import { expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { readFallbacks } from './read-fallbacks.ts'

function named(body: JsonObject): object {
  const read = readFallbacks(body, 'm')
  if (read.verdict === 'deny') return { refused: read.say }
  const { fallbacks, specialFallbacks } = read.granted
  return { fallbacks, ...Object.fromEntries(specialFallbacks) }
}

test.each<[JsonObject, object]>([
  [{}, { fallbacks: [] }],
  [{ fallbacks: null, context_window_fallbacks: null }, { fallbacks: [] }],
  [{ fallbacks: ['a', 'b'] }, { fallbacks: ['a', 'b'] }],
  [{ context_window_fallbacks: ['a'] }, { fallbacks: [], ContextWindowExceededError: ['a'] }],
  [
    { context_window_fallbacks: [{ m: ['a', 'b'] }, 'c'] },
    { fallbacks: [], ContextWindowExceededError: ['a', 'b', 'c'] },
  ],
  [{ context_window_fallback_dict: { m: 'a', n: 'b' } }, { fallbacks: [], ContextWindowExceededError: ['a'] }],
  [
    { context_window_fallbacks: ['a'], context_window_fallback_dict: { m: ['b'] } },
    { fallbacks: [], ContextWindowExceededError: ['a', 'b'] },
  ],
  [{ content_policy_fallbacks: [{ m: 'a' }] }, { fallbacks: [], ContentPolicyViolationError: ['a'] }],
  [{ content_policy_fallbacks: [{ n: ['a'] }] }, { fallbacks: [] }],
  [{ content_policy_fallbacks: {} }, { fallbacks: [] }],
])('%j names %j', (body, names) => {
  expect(named(body)).toEqual(names)
})

test.each<[JsonValue]>([['a'], [5], [true], [['']], [[5]], [[['a']]], [{ m: 5 }], [{ n: [''] }], [[{ m: [null] }]]])(
  'where they stand for one failure, %j is refused',
  (value) => {
    for (const name of ['context_window_fallbacks', 'context_window_fallback_dict', 'content_policy_fallbacks']) {
      expect(named({ [name]: value })).toEqual({ refused: expect.stringContaining(`\`${name}\` must be`) })
    }
  },
)

test('there are bounds on how many', () => {
  const names = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `m${n}`)
  for (const name of ['fallbacks', 'context_window_fallbacks']) {
    expect(named({ [name]: names(10) })).not.toHaveProperty('refused')
    expect(named({ [name]: names(11) })).toHaveProperty('refused')
  }
})

test('a name of the prototype is no model', () => {
  expect(named({ context_window_fallback_dict: JSON.parse('{"__proto__":"a","constructor":["b"]}') })).toEqual({
    fallbacks: [],
  })
})
