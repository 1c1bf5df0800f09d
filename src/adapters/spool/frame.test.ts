import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FramedLines, frameLine, readFrames } from './frame.ts'

const line = fc.json()

test('what was framed is read back, in any number', () => {
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const bytes = Buffer.concat(lines.map(frameLine))
      expect(readFrames(bytes, Infinity)).toEqual({ lines, damaged: 0, bytes: bytes.length })
    }),
  )
})

test('cut at any byte, the whole lines before the cut are read and nothing else', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.nat(), (lines, at) => {
      const bytes = Buffer.concat(lines.map(frameLine))
      const cut = readFrames(bytes.subarray(0, at % bytes.length), Infinity)
      expect(cut.damaged).toBe(0)
      expect(cut.lines).toEqual(lines.slice(0, cut.lines.length))
      expect(cut.bytes).toBe(Buffer.concat(cut.lines.map(frameLine)).length)
      expect(cut.lines.length).toBeLessThan(lines.length)
    }),
  )
})

test('a line with one byte changed is never read as a line', () => {
  fc.assert(
    fc.property(line, fc.nat(), fc.integer({ min: 1, max: 255 }), (text, at, flip) => {
      const bytes = frameLine(text)
      bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ flip, at % bytes.length)
      expect(readFrames(bytes, Infinity).lines).toEqual([])
    }),
  )
})

test('damage costs its own line only', () => {
  const bytes = Buffer.concat([frameLine('{"a":1}'), Buffer.from('garbage\n'), frameLine('{"b":2}')])
  expect(readFrames(bytes, Infinity)).toEqual({ lines: ['{"a":1}', '{"b":2}'], damaged: 1, bytes: bytes.length })
})

test('lines that are framed one after the other are read back, whatever was taken before and however long they are', () => {
  const framed = new FramedLines()
  const lines = fc.array(
    fc.oneof(
      line,
      fc.integer({ min: 0, max: 200_000 }).map((length) => 'ä'.repeat(length)),
    ),
    {
      maxLength: 4,
    },
  )
  fc.assert(
    fc.property(lines, (added) => {
      for (const each of added) framed.add(each)
      const bytes = framed.take()
      expect(readFrames(bytes, Infinity)).toEqual({ lines: added, damaged: 0, bytes: bytes.length })
      expect(framed.take()).toHaveLength(0)
    }),
    { numRuns: 10 },
  )
})
