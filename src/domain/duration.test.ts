import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDuration, parseDuration } from './duration.ts'
import { epochMs } from './ids.ts'

const HOUR = 3_600_000
const at = (iso: string) => epochMs(Date.parse(iso))

describe('durations', () => {
  test.each([
    ['30s', 30_000],
    ['30min', 30 * 60_000],
    ['1hr', HOUR],
    ['24hours', 24 * HOUR],
    ['7d', 7 * 24 * HOUR],
    ['2weeks', 14 * 24 * HOUR],
    ['9999999s', 9_999_999_000],
  ])('%s is that long', (text, count) => {
    expect(parseDuration(text)).toEqual({ unit: 'ms', count })
  })

  test.each([
    '-1s',
    '0',
    '0s',
    '01d',
    '1',
    '1e9d',
    'NaN',
    'Infinity',
    '',
    ' ',
    '10000000000d',
    '10000000d',
    '1d; x',
    '1d\n',
    ' 1d',
    '1.5d',
    '+1d',
    '1D',
    '1y',
    '1moo',
    'd',
    '3654d',
    '522w',
    '121mo',
    '١d',
  ])('K-10, AC-048: %j is no duration', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  test.each([
    ['2026-01-31T09:30:00.000Z', '1mo', '2026-02-28T09:30:00.000Z'],
    ['2028-01-31T09:30:00.000Z', '1month', '2028-02-29T09:30:00.000Z'],
    ['2026-12-15T00:00:00.000Z', '2mo', '2027-02-15T00:00:00.000Z'],
    ['2028-02-29T00:00:00.000Z', '12mo', '2029-02-28T00:00:00.000Z'],
    ['2026-01-15T00:00:00.001Z', '90d', '2026-04-15T00:00:00.001Z'],
  ])('%s and %s later is %s', (start, text, end) => {
    const duration = parseDuration(text)
    if (duration === undefined) throw new Error('no duration')
    expect(addDuration(at(start), duration)).toBe(at(end))
  })

  test('K-10: whatever the text, a duration ends after it began and within ten years', () => {
    const nearly = fc.tuple(
      fc.constantFrom('', '-', '0', '+', ' '),
      fc.nat(20_000_000),
      fc.constantFrom('s', 'm', 'h', 'd', 'w', 'mo', 'min', 'x', 'e9d', '.5d', 'S'),
    )
    const texts = fc.oneof(
      fc.string(),
      nearly.map((parts) => parts.join('')),
    )
    const start = fc.date({
      min: new Date('2020-01-01T00:00:00Z'),
      max: new Date('2100-01-01T00:00:00Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(texts, start, (text, from) => {
        const duration = parseDuration(text)
        if (duration === undefined) return
        const now = epochMs(from.getTime())
        const end = addDuration(now, duration)
        expect(end).toBeGreaterThan(now)
        expect(end).toBeLessThanOrEqual(now + 3_653 * 24 * HOUR)
      }),
    )
  })

  test('a whole number and a unit within ten years is always a duration', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_653 }), (days) => {
        expect(parseDuration(`${days}d`)).toEqual({ unit: 'ms', count: days * 24 * HOUR })
      }),
    )
  })
})
