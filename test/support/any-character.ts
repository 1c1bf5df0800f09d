import fc from 'fast-check'

const SURROGATES_FROM = 0xd800
const SURROGATES = 0x800
const LAST = 0x10ffff

/**
 * A unit of `fc.string`: any character of Unicode. It draws the same as the unit 'binary', which maps a million characters
 * before it draws the first: a second of work in each process.
 */
export const ANY_CHARACTER: fc.Arbitrary<string> = fc.nat({ max: LAST - SURROGATES }).map(
  (n) => String.fromCodePoint(n < SURROGATES_FROM ? n : n + SURROGATES),
  (text) => {
    const point = typeof text === 'string' ? text.codePointAt(0) : undefined
    if (point === undefined || String.fromCodePoint(point) !== text || !text.isWellFormed())
      throw new Error('not one character')
    return point < SURROGATES_FROM ? point : point - SURROGATES
  },
)
