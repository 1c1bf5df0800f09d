import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ResponseReader } from './response-reader.ts'

const COUNTED = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
const EMPTY = 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n\r\n23456789\r\n0\r\n\r\n'

function read(pieces: readonly Buffer[]): readonly (number | 'first byte')[] {
  const seen: (number | 'first byte')[] = []
  const reader = new ResponseReader({
    onFirstByte: () => seen.push('first byte'),
    onEnd: (status) => seen.push(status),
  })
  for (const piece of pieces) reader.push(piece)
  return seen
}

test('answers split at any bytes are read as the same answers', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 20 }), (cuts) => {
      const wire = Buffer.from(COUNTED + EMPTY + CHUNKED + COUNTED)
      const places = [0, ...cuts.map((cut) => cut % wire.length), wire.length].toSorted((a, b) => a - b)
      const pieces = places.slice(1).map((end, i) => wire.subarray(places[i], end))
      expect(read(pieces)).toEqual(['first byte', 200, 404, 'first byte', 200, 'first byte', 200])
    }),
  )
})

test('an answer without a length is refused, not waited for', () => {
  expect(() => read([Buffer.from('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello')])).toThrow('without a length')
})

test('something other than HTTP is refused', () => {
  expect(() => read([Buffer.from('SSH-2.0-OpenSSH_9.9\r\n\r\n')])).toThrow('not an HTTP/1.1 answer')
})
