import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDurationMs } from './parse-duration.ts'

test.each([
  ['30s', 30_000],
  ['5m', 300_000],
  ['30min', 1_800_000],
  ['1hr', 3_600_000],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
  ['1mo', 2_592_000_000],
  ['0s', 0],
  ['', undefined],
  ['30', undefined],
  ['1y', undefined],
  ['-1s', undefined],
  ['1.5h', undefined],
])('%s is %s ms', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms)
})

test('no text makes it throw, and what it gives is a whole number', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const ms = parseDurationMs(text)
      expect(ms === undefined || Number.isSafeInteger(ms)).toBe(true)
    }),
  )
})
