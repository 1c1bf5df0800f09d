import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonValue } from '../../domain/json.ts'
import { readMappedClaim } from './read-mapped-claim.ts'

const field = { path: ['client', 'id'], text: 'client.id', setting: 'virtual_key_claim_field' }

function read(value: JsonValue): string | undefined {
  return readMappedClaim({ claims: { client: { id: value } } }, { field })?.value
}

test.each<readonly [string, JsonValue, string | undefined]>([
  ['a name', 'batch', 'batch'],
  ['a name in any script, as it is', 'Büro 7 ', 'Büro 7 '],
  ['a whole number', 4711, '4711'],
  ['zero', 0, '0'],
  ['a negative number', -3, '-3'],
  ['a fraction', 1.5, undefined],
  ['a number that was rounded', 2 ** 53 + 2, undefined],
  ['an empty text', '', undefined],
  ['null', null, undefined],
  ['a flag', true, undefined],
  ['a list', ['batch'], undefined],
  ['an object', { batch: 1 }, undefined],
  ['a line break', 'a\nb', undefined],
  ['a NUL', 'a\0b', undefined],
  ['half a character', '\ud800', undefined],
  ['255 bytes', 'é'.repeat(127) + 'x', 'é'.repeat(127) + 'x'],
  ['256 bytes', 'é'.repeat(128), undefined],
])('8.4: %s', (_name, value, wanted) => {
  expect(read(value)).toBe(wanted)
})

test('the claim is named as the operator wrote it; a path that leads nowhere is a missing claim', () => {
  expect(readMappedClaim({ claims: { client: { id: 'x' } } }, { field })).toEqual({ name: 'client.id', value: 'x' })
  expect(readMappedClaim({ claims: { client: 'x' } }, { field })).toBeUndefined()
  expect(readMappedClaim({ claims: { 'client.id': 'x' } }, { field })).toBeUndefined()
})

test('no two values of different types are one client, unless both are digits', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other))
      const [first, second] = [read(one as JsonValue), read(other as JsonValue)]
      if (first !== undefined && first === second) expect(first).toMatch(/^-?\d+$/)
    }),
  )
})
