import fc from 'fast-check'
import { expect, test } from 'vitest'
import { estimateTokens, weighText } from './estimate-tokens.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 200 })

test('no text is no tokens, and any text is at least one', () => {
  expect(estimateTokens('')).toBe(0)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (some) => {
      expect(estimateTokens(some)).toBeGreaterThan(0)
    }),
  )
})

test('the weight of a text is the sum of the weights of its pieces, wherever it is cut', () => {
  fc.assert(
    fc.property(text, fc.nat(200), (whole, at) => {
      expect(weighText(whole.slice(0, at)) + weighText(whole.slice(at))).toBe(weighText(whole))
    }),
  )
})

test.each([
  ['letters and spaces', 'a b', 21],
  ['digits and punctuation', '1,{', 36],
  ['Cyrillic', 'да', 36],
  ['CJK', '漢字', 60],
  ['an emoji', '🙂', 72],
])('%s weigh as much as they are said to', (_name, some, weight) => {
  expect(weighText(some)).toBe(weight)
})

test('the estimate of English prose is above its tokens and not twice as high', () => {
  // 44 characters, nine words and a full stop: 10 tokens in every current vocabulary.
  const tokens = estimateTokens('The quick brown fox jumps over the lazy dog.')
  expect(tokens).toBeGreaterThanOrEqual(10)
  expect(tokens).toBeLessThan(20)
})
