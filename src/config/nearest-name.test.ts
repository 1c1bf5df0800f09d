import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editDistance, nearestName } from './nearest-name.ts'

const NAMES = ['master_key', 'database_url', 'max_fallbacks', 'fallbacks', 'num_retries', 'timeout']

test.each([
  { written: 'masterkey', meant: 'master_key' },
  { written: 'master-key', meant: 'master_key' },
  { written: 'databse_url', meant: 'database_url' },
  { written: 'databaes_url', meant: 'database_url' },
  { written: 'fallback', meant: 'fallbacks' },
  { written: 'Timeout', meant: 'timeout' },
  { written: 'entirely_different', meant: undefined },
  { written: '', meant: undefined },
  { written: 'x'.repeat(1000), meant: undefined },
])('$written is taken for $meant', ({ written, meant }) => {
  expect(nearestName(written, NAMES)).toBe(meant)
})

test('a name is always nearest to itself', () => {
  for (const name of NAMES) expect(nearestName(name, NAMES)).toBe(name)
})

test('the distance is symmetric, zero only for equal text, and never above the longer text', () => {
  const word = fc.string({ maxLength: 12 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b, 100)
      expect(editDistance(b, a, 100)).toBe(distance)
      expect(distance === 0).toBe(a === b)
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
    }),
  )
})
