import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AnswerText } from './answer-text.ts'

function read(chunks: readonly Uint8Array[]): string {
  const answer = new AnswerText()
  for (const chunk of chunks) answer.push(chunk)
  return answer.end()
}

const cuts = fc.uniqueArray(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 40 })

test.each([
  ['short', '{"é":"日本 🦊"}'],
  ['long', `{"data":"${'日本🦊é'.repeat(120_000)}"}`],
])('N-37: a %s answer is the same text wherever it is cut', (_what, text) => {
  const bytes = new TextEncoder().encode(text)
  fc.assert(
    fc.property(cuts, (parts) => {
      const places = [
        0,
        ...parts.map((part) => Math.floor(part * bytes.length)).toSorted((a, b) => a - b),
        bytes.length,
      ]
      expect(read(places.slice(1).map((end, i) => bytes.subarray(places[i], end))) === text).toBe(true)
    }),
    { numRuns: 20 },
  )
})

test('what is no text reads as the sign for that, to the last byte', () => {
  const broken = Uint8Array.of(0x41, 0xf0, 0x9f)
  expect(read([broken])).toBe('A\ufffd')
  const long = new Uint8Array(1_200_000).fill(0x42)
  expect(read([long, broken])).toBe(`${'B'.repeat(1_200_000)}A\ufffd`)
  expect(read([])).toBe('')
})
