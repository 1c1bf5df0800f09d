import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitPieces } from './event-stream.ts'
import type { Piece } from './reply.ts'

const piece = fc.record({
  bytes: fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => Buffer.from(text)),
  tokens: fc.nat(3),
})

const bytesOf = (pieces: readonly Piece[]): Buffer => Buffer.concat(pieces.map((each) => each.bytes))
const tokensOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, each) => sum + each.tokens, 0)

test('a stream split at any size has the same bytes and the same tokens', () => {
  fc.assert(
    fc.property(fc.array(piece), fc.integer({ min: 1, max: 40 }), (pieces, size) => {
      const split = splitPieces(pieces, size)
      expect(bytesOf(split)).toEqual(bytesOf(pieces))
      expect(tokensOf(split)).toBe(tokensOf(pieces))
      expect(split.slice(0, -1).every((each) => each.bytes.length === size)).toBe(true)
    }),
  )
})

test('a token counts as sent with the last byte of its event, not before', () => {
  const split = splitPieces(
    [
      { bytes: Buffer.from('abcd'), tokens: 1 },
      { bytes: Buffer.from('ef'), tokens: 1 },
    ],
    2,
  )
  expect(split.map((each) => each.tokens)).toEqual([0, 1, 1])
})
