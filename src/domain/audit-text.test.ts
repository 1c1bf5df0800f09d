import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ANY_CHARACTER } from '../../test/support/any-character.ts'
import { auditText, auditValues } from './audit-text.ts'

test('AC-148, A-05: what could break a line or turn it round is spelt out', () => {
  expect(auditText('a\r\n\u001b[31m\u202e\u2028\0\ud800 é 日本 b')).toBe(
    'a\\u{d}\\u{a}\\u{1b}[31m\\u{202e}\\u{2028}\\u{0}\\u{d800} é 日本 b',
  )
})

test('A-05: no text is longer than 2,048 characters by more than its spelling', () => {
  expect(auditText('x'.repeat(5_000))).toBe(`${'x'.repeat(2_048)}…`)
})

test('A-05: members, lists and names of members are texts too, and nothing else changes', () => {
  const values = { 'a\n': ['\u0007', { b: '\u202e', c: 1, d: null, e: true }] }
  expect(auditValues(values)).toEqual({ 'a\\u{a}': ['\\u{7}', { b: '\\u{202e}', c: 1, d: null, e: true }] })
})

test('A-05: of no text is a character left that is not seen', () => {
  fc.assert(
    fc.property(fc.string({ unit: ANY_CHARACTER }), (text) => {
      expect(auditText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
    }),
  )
})
