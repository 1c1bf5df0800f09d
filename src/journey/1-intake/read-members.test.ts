import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readMembers } from './read-members.ts'

const BOUNDS = { maxDepth: 64, maxNodes: 1_000 }

function membersOf(text: string): Record<string, unknown> | undefined {
  const structure = readMembers(text, BOUNDS)
  if (!structure.ok) return undefined
  return Object.fromEntries(structure.members.map((m) => [m.name, JSON.parse(text.slice(m.valueStart, m.valueEnd))]))
}

test('every member of every object stands where it is said to stand', () => {
  const object = fc.dictionary(
    fc.string().filter((name) => name !== '__proto__'),
    fc.jsonValue({ maxDepth: 4 }),
    { maxKeys: 20 },
  )
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent)
      fc.pre(!text.includes('__proto__'))
      expect(membersOf(text)).toEqual(JSON.parse(text))
    }),
  )
})

test('no text makes it throw or run on', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 200, unit: fc.constantFrom(...'{}[]":,\\ a1\n'.split('')) }),
      (text) => void readMembers(text, BOUNDS),
    ),
  )
})

test('what it accepts and JSON.parse accepts means the same to both', () => {
  const pieces = fc.array(fc.constantFrom('{', '}', '[', ']', '"a"', '"b"', ':', ',', '1', 'null', ' ', '"\\u0061"'), {
    maxLength: 14,
  })
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = `{${parts.join('')}}`
      let parsed: unknown
      try {
        parsed = JSON.parse(text)
      } catch {
        return
      }
      const structure = readMembers(text, BOUNDS)
      if (structure.ok) expect(membersOf(text)).toEqual(parsed)
      else expect(structure.flaw).toBe('repeated-name')
    }),
    { numRuns: 2_000 },
  )
})

describe('AC-116 AC-122 what two readers could read differently is refused', () => {
  test.each([
    ['{"a":1,"a":2}', 'repeated-name'],
    ['{"a":1,"\\u0061":2}', 'repeated-name'],
    ['{"x":{"y":[{"a":1,"a":1}]}}', 'repeated-name'],
    ['{"__proto__":{}}', 'forbidden-name'],
    ['{"a":{"__pro\\u0074o__":1}}', 'forbidden-name'],
    ['[]', 'not-an-object'],
    ['"a"', 'not-an-object'],
    ['{"a":1}{"b":2}', 'broken'],
    ['{"a":1', 'broken'],
    ['{"a":[1}', 'broken'],
  ])('%s is %s', (text, flaw) => {
    expect(readMembers(text, BOUNDS)).toMatchObject({ ok: false, flaw })
  })

  test('nesting and number of values have a limit, however large the text', () => {
    expect(readMembers(`{"a":${'['.repeat(1_000_000)}`, BOUNDS)).toMatchObject({ flaw: 'too-deep' })
    expect(readMembers(`{"a":[${'1,'.repeat(200_000)}1]}`, BOUNDS)).toMatchObject({ flaw: 'too-many-nodes' })
    const many = Array.from({ length: 2_000 }, (_, i) => `"k${i}":1`).join(',')
    expect(readMembers(`{${many}}`, BOUNDS)).toMatchObject({ flaw: 'too-many-nodes' })
  })
})
