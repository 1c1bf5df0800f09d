import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '../../domain/ids.ts'
import { decideExpiry, decideNewExpiry, durationOfNewKey } from './decide-expiry.ts'

const NOW = epochMs(Date.UTC(2026, 0, 15, 12))
const FREE = { keyDefaults: {}, keyUpperBounds: {} }
const BOUND = { keyDefaults: {}, keyUpperBounds: { duration: '30d' } }

describe('the expiry of a key', () => {
  test('K-10: no text whatever makes a key without an expiry', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('-1', '0', 'none', 'null', '1d', '9999999d')), (text) => {
        const expiry = decideExpiry(text, NOW, FREE)
        expect(expiry.verdict === 'deny' || expiry.granted > NOW).toBe(true)
      }),
    )
  })

  test('no duration leads beyond the operator’s bound', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.constantFrom('h', 'd', 'w', 'mo'), (count, unit) => {
        const expiry = decideExpiry(`${count}${unit}`, NOW, BOUND)
        expect(expiry.verdict === 'deny' || expiry.granted <= NOW + 30 * 86_400_000).toBe(true)
      }),
    )
  })

  test('a bound that is no duration allows nothing', () => {
    expect(decideExpiry('1s', NOW, { keyDefaults: {}, keyUpperBounds: { duration: 'long' } }).verdict).toBe('deny')
  })

  test('only -1 takes an expiry away, and not where the operator has a bound', () => {
    expect(decideNewExpiry('-1', NOW, NOW, FREE)).toEqual({ verdict: 'allow', granted: undefined })
    expect(decideNewExpiry(undefined, NOW, NOW, FREE)).toEqual({ verdict: 'allow', granted: NOW })
    expect(decideNewExpiry('-1', NOW, NOW, BOUND).verdict).toBe('deny')
    expect(decideExpiry('-1', NOW, FREE).verdict).toBe('deny')
  })

  test('what is asked goes before the default, and the default before the bound', () => {
    const rules = { keyDefaults: { duration: '7d' }, keyUpperBounds: { duration: '30d' } }
    expect([
      durationOfNewKey('1d', rules),
      durationOfNewKey(undefined, rules),
      durationOfNewKey(undefined, BOUND),
      durationOfNewKey(undefined, FREE),
    ]).toEqual(['1d', '7d', '30d', undefined])
  })
})
