import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseStrictJson } from './parse-strict-json.ts'

const parse = (text: string) => parseStrictJson(Buffer.from(text))

test('what it reads, JSON.parse reads the same way', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 6 })), fc.nat(4), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      const read = parse(text)
      if (read.ok) expect(JSON.parse(JSON.stringify(read.value))).toEqual(JSON.parse(text))
      else expect(text).toMatch(/__proto__|prototype|constructor|\\ud[89a-f]/)
    }),
  )
})

test('what JSON.parse refuses, it refuses; no bytes make it throw', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    'a',
    '\\',
    'u00',
    '1',
    '-',
    '.',
    'e',
    'true',
    'null',
    ' ',
    '\n',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 24 }), (parts) => {
      const text = `{"a":${parts.join('')}}`
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      expect(!parse(text).ok || isJson).toBe(true)
    }),
    { numRuns: 2_000 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => typeof parseStrictJson(bytes).ok === 'boolean'))
})

test('its objects have no prototype, at any depth', () => {
  const read = parse('{"a":{"b":[{}]},"toString":1}')
  if (!read.ok) throw new Error(read.flaw)
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value as readonly unknown[]) visit(each)
    else if (typeof value === 'object' && value !== null) {
      expect(Object.getPrototypeOf(value)).toBeNull()
      for (const each of Object.values(value)) visit(each)
    }
  }
  visit(read.value)
})

test.each([
  { name: 'depth 12', text: `{"a":${'['.repeat(11)}${']'.repeat(11)}}`, flaw: undefined },
  { name: 'depth 13', text: `{"a":${'['.repeat(12)}${']'.repeat(12)}}`, flaw: 'too-complex' },
  { name: 'depth 100,000', text: '{"a":'.repeat(100_000), flaw: 'too-complex' },
  { name: '2,000 elements', text: `{"a":[${Array(2_000).fill('0').join()}]}`, flaw: undefined },
  { name: '2,001 elements', text: `{"a":[${Array(2_001).fill('0').join()}]}`, flaw: 'too-complex' },
  { name: 'a name of 256 bytes', text: `{"${'\u00e9'.repeat(128)}":0}`, flaw: undefined },
  { name: 'a name of 258 bytes', text: `{"${'\u00e9'.repeat(129)}":0}`, flaw: 'too-complex' },
  { name: 'a name twice, written in two ways', text: '{"a":1,"\\u0061":2}', flaw: 'repeated-name' },
  { name: 'a pair of surrogates', text: '{"a":"\\ud83d\\ude00"}', flaw: undefined },
  { name: 'half a pair in a name', text: '{"\\ud83d":1}', flaw: 'broken' },
  { name: 'nothing', text: '', flaw: 'broken' },
])('$name', ({ text, flaw }) => {
  const read = parse(text)
  expect(read.ok ? undefined : read.flaw).toBe(flaw)
})
