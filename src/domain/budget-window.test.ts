import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseBudgetDuration, windowAt } from './budget-window.ts'
import { parseDuration } from './duration.ts'
import { epochMs } from './ids.ts'

const at = (iso: string) => epochMs(Date.parse(iso))
const ANCHOR = at('2026-03-04T15:30:00.000Z')

describe('budget windows', () => {
  test.each([
    // A Wednesday.
    ['1d', '2026-03-04T00:00:00Z', '2026-03-04T00:00:00Z', '2026-03-05T00:00:00Z'],
    ['1d', '2026-03-04T23:59:59.999Z', '2026-03-04T00:00:00Z', '2026-03-05T00:00:00Z'],
    ['7d', '2026-03-04T12:00:00Z', '2026-03-02T00:00:00Z', '2026-03-09T00:00:00Z'],
    ['1w', '2026-03-04T12:00:00Z', '2026-03-02T00:00:00Z', '2026-03-09T00:00:00Z'],
    ['7d', '2026-03-02T00:00:00Z', '2026-03-02T00:00:00Z', '2026-03-09T00:00:00Z'],
    ['30d', '2026-02-15T12:00:00Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['1mo', '2026-12-31T23:59:59.999Z', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['1month', '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    ['3d', '2026-03-04T15:30:00Z', '2026-03-04T00:00:00Z', '2026-03-07T00:00:00Z'],
    ['3d', '2026-03-07T00:00:00Z', '2026-03-07T00:00:00Z', '2026-03-10T00:00:00Z'],
    ['3d', '2026-03-03T12:00:00Z', '2026-03-01T00:00:00Z', '2026-03-04T00:00:00Z'],
    ['2w', '2026-03-04T15:30:00Z', '2026-03-04T00:00:00Z', '2026-03-18T00:00:00Z'],
    ['1h', '2026-03-04T15:30:00Z', '2026-03-04T15:00:00Z', '2026-03-04T16:00:00Z'],
    ['6hr', '2026-03-04T15:30:00Z', '2026-03-04T12:00:00Z', '2026-03-04T18:00:00Z'],
    ['24h', '2026-03-04T15:30:00Z', '2026-03-04T00:00:00Z', '2026-03-05T00:00:00Z'],
    ['15min', '2026-03-04T15:44:59Z', '2026-03-04T15:30:00Z', '2026-03-04T15:45:00Z'],
    ['30s', '2026-03-04T15:30:29.999Z', '2026-03-04T15:30:00Z', '2026-03-04T15:30:30Z'],
    ['hourly', '2026-03-04T15:30:00Z', '2026-03-04T15:00:00Z', '2026-03-04T16:00:00Z'],
    ['daily', '2026-03-04T15:30:00Z', '2026-03-04T00:00:00Z', '2026-03-05T00:00:00Z'],
    ['weekly', '2026-03-04T12:00:00Z', '2026-03-02T00:00:00Z', '2026-03-09T00:00:00Z'],
    ['monthly', '2026-02-15T12:00:00Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
  ])('%s at %s is from %s to %s', (duration, now, start, end) => {
    expect(windowAt({ duration, anchor: ANCHOR }, at(now))).toEqual({ start: at(start), end: at(end) })
  })

  test('720 hours are counted on the clock, and 30 days are a month', () => {
    const hours = windowAt({ duration: '720h', anchor: ANCHOR }, ANCHOR)
    expect(hours.end - hours.start).toBe(720 * 3_600_000)
    expect(hours.start % (720 * 3_600_000)).toBe(0)
  })

  test.each([
    ['30min', '30m'],
    ['1hr', '1h'],
    ['24hours', '24h'],
    ['2weeks', '2w'],
    ['1month', '1mo'],
    ['90d', '90d'],
    ['10s', '10s'],
    ['monthly', 'monthly'],
  ])('%s is %s in short', (text, short) => {
    expect(parseBudgetDuration(text)).toBe(short)
  })

  test.each(['2mo', '12months', '0d', '', '-1d', '1.5h', '1y', '4000d', 'none', 'Monthly', 'yearly'])(
    '%j is no budget duration',
    (text) => {
      expect(parseBudgetDuration(text)).toBeUndefined()
      expect(() => windowAt({ duration: text, anchor: ANCHOR }, ANCHOR)).toThrow('no window')
    },
  )
})

describe('for any window and any time', () => {
  const durations = fc
    .tuple(fc.integer({ min: 1, max: 400 }), fc.constantFrom('s', 'min', 'm', 'h', 'hr', 'd', 'days', 'w', 'mo'))
    .map(([count, unit]) => `${count}${unit}`)
    .filter((text) => parseBudgetDuration(text) !== undefined)
  const times = fc.integer({ min: -2_000_000_000_000, max: 4_000_000_000_000 }).map(epochMs)
  const windows = fc.record({ duration: durations, anchor: times })

  test('now lies within', () => {
    fc.assert(
      fc.property(windows, times, (window, now) => {
        const { start, end } = windowAt(window, now)
        expect(start).toBeLessThanOrEqual(now)
        expect(end).toBeGreaterThan(now)
      }),
    )
  })

  test('windows tile time: each moment of one finds the same one, and the next begins where it ends', () => {
    fc.assert(
      fc.property(windows, times, fc.double({ min: 0, max: 0.999, noNaN: true }), (window, now, part) => {
        const span = windowAt(window, now)
        const within = epochMs(Math.floor(span.start + (span.end - span.start) * part))
        expect(windowAt(window, within)).toEqual(span)
        expect(windowAt(window, span.end).start).toBe(span.end)
        expect(windowAt(window, epochMs(span.start - 1)).end).toBe(span.start)
      }),
    )
  })

  test('a window is as long as it says, but for months', () => {
    fc.assert(
      fc.property(windows, times, (window, now) => {
        const { start, end } = windowAt(window, now)
        const said = parseDuration(window.duration)
        const days = (end - start) / 86_400_000
        if (said?.unit === 'month' || window.duration.startsWith('30d')) expect([28, 29, 30, 31]).toContain(days)
        else expect(end - start).toBe(said?.count)
      }),
    )
  })

  test('the short form means the same, and is its own short form', () => {
    fc.assert(
      fc.property(windows, times, ({ duration, anchor }, now) => {
        const short = parseBudgetDuration(duration) ?? ''
        expect(parseBudgetDuration(short)).toBe(short)
        expect(windowAt({ duration: short, anchor }, now)).toEqual(windowAt({ duration, anchor }, now))
      }),
    )
  })
})
