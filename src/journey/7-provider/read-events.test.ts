import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventReader } from './read-events.ts'

const encoder = new TextEncoder()

function read(chunks: readonly Uint8Array[], limit = 10_000): unknown[] {
  const reader = new EventReader(limit)
  return chunks.flatMap((chunk): unknown[] => reader.push(chunk) ?? ['too long'])
}

test('a stream split at any byte gives the same events', () => {
  const text = 'event: a\r\ndata: {"é":"日本"}\r\n\r\n: ping\ndata: one\ndata: two\n\nid: 7\ndata:three\r\r'
  const bytes = encoder.encode(text)
  const whole = [
    { event: 'a', data: '{"é":"日本"}' },
    { event: undefined, data: 'one\ntwo' },
    { event: undefined, data: 'three' },
  ]
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end))
      expect(read(chunks)).toEqual(whole)
    }),
  )
})

test('N-37 an event that grows beyond the limit ends the reading', () => {
  expect(read([encoder.encode(`data: ${'x'.repeat(200)}`)], 100)).toEqual(['too long'])
  expect(
    read(
      Array.from({ length: 30 }, () => encoder.encode('data: xxxxxxxx\n')),
      100,
    ),
  ).toContain('too long')
})
