import fc from 'fast-check'
import { expect, test } from 'vitest'
import { divideHalfUp, parseRate, rateNumber, rateOf, ratesAt } from './price.ts'

const shift = (digits: string, places: number): bigint => BigInt(digits) * 10n ** BigInt(places)

test.each([
  ['0', 0n],
  ['0.0', 0n],
  ['0e-7', 0n],
  [-0, 0n],
  ['1', shift('1', 18)],
  [1.5e-7, shift('15', 10)],
  ['1.5e-07', shift('15', 10)],
  ['1.5E-07', shift('15', 10)],
  [2.5e-6, shift('25', 11)],
  ['0.00000250', shift('25', 11)],
  ['.5', shift('5', 17)],
  ['5.', shift('5', 18)],
  ['+3', shift('3', 18)],
  ['1e-18', 1n],
  ['1000000', shift('1', 24)],
  [Number.MIN_VALUE, 1n],
])('the price %s is read exactly', (written, rate) => {
  expect(parseRate(written)).toBe(rate)
})

test.each([
  -1,
  -1e-9,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.MAX_VALUE,
  '',
  '.',
  'e5',
  '-1',
  '-0.000001',
  'NaN',
  'Infinity',
  '0x10',
  '1_000',
  '1,5',
  ' 1',
  '1e99999999999',
  '1e-99999999999',
  '1000000.1',
  '9'.repeat(1000),
])('%s is not a price', (written) => {
  expect(parseRate(written)).toBeUndefined()
})

const decimal = fc.record({
  digits: fc.bigInt({ min: 0n, max: 10n ** 15n }),
  places: fc.integer({ min: 0, max: 18 }),
})

test('every decimal of at most 18 places is read without a loss, in plain and in exponent form', () => {
  fc.assert(
    fc.property(decimal, ({ digits, places }) => {
      fc.pre(digits * 10n ** BigInt(18 - places) <= 10n ** 24n)
      const padded = digits.toString().padStart(places + 1, '0')
      const cut = padded.length - places
      const exact = digits * 10n ** BigInt(18 - places)
      expect(parseRate(`${padded.slice(0, cut)}.${padded.slice(cut)}`)).toBe(exact)
      expect(parseRate(`${digits}e-${places}`)).toBe(exact)
    }),
  )
})

test('a number means the decimal that it is written as, and comes back as the same number', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 12 }), (digits, places) => {
      const written = Number(`${digits}e-${places}`)
      const rate = parseRate(written)
      expect(rate).toBe(BigInt(digits) * 10n ** BigInt(18 - places))
      expect(rateNumber(rate ?? -1n)).toBe(written)
    }),
  )
})

test('places beyond the eighteenth are rounded half up, and what costs something never becomes free', () => {
  expect(parseRate('0.0000011000000000000000001')).toBe(1_100_000_000_000n)
  expect(parseRate('0.0000000000000000015')).toBe(2n)
  expect(parseRate('0.00000000000000000149')).toBe(1n)
  expect(parseRate('1e-400')).toBe(1n)
})

test('no text makes the parser throw or return a negative price', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double(), fc.stringMatching(/^[-+.\deE]{0,20}$/)), (written) => {
      expect(parseRate(written) ?? 0n).toBeGreaterThanOrEqual(0n)
    }),
  )
})

test.each([
  [0, 1n],
  [100, 1n],
  [101, 2n],
  [200, 2n],
  [201, 3n],
  [10_000, 3n],
])('a prompt of %i tokens is priced by the highest tier that it exceeds', (tokens, input) => {
  const schedule = {
    base: { input: 1n },
    tiers: [
      { above: 100, rates: { input: 2n } },
      { above: 200, rates: { input: 3n } },
    ],
  }
  expect(ratesAt(schedule, tokens)).toEqual({ input })
})

test('a kind of token without a price costs what the more general kind costs', () => {
  expect(rateOf({ input: 5n }, 'cachedAudioInput')).toBe(5n)
  expect(rateOf({ input: 5n, cacheWrite: 6n }, 'cacheWrite1h')).toBe(6n)
  expect(rateOf({ output: 7n }, 'reasoning')).toBe(7n)
  expect(rateOf({ input: 5n, cachedInput: 0n }, 'cachedInput')).toBe(0n)
  expect(rateOf({ output: 7n }, 'input')).toBeUndefined()
  expect(rateOf({ input: 5n }, 'perRequest')).toBeUndefined()
})

test('division rounds to the nearest, halves upward', () => {
  expect([0n, 4n, 5n, 14n, 15n, 20n].map((n) => divideHalfUp(n, 10n))).toEqual([0n, 0n, 1n, 1n, 2n, 2n])
})
