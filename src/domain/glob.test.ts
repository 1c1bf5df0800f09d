import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesGlob } from './glob.ts'

test.each([
  { pattern: 'ADMIN_*', text: 'ADMIN_READ', matches: true },
  { pattern: 'ADMIN_*', text: 'admin_read', matches: false },
  { pattern: 'ADMIN_*', text: 'ADMIN_', matches: true },
  { pattern: 'ADMIN_*', text: 'XADMIN_READ', matches: false },
  { pattern: '*_ADMIN', text: 'a_ADMIN_ADMIN', matches: true },
  { pattern: '*_ADMIN', text: 'a_ADMINX', matches: false },
  { pattern: 'a*b*c', text: 'abbc', matches: true },
  { pattern: 'a*b*c', text: 'acb', matches: false },
  { pattern: 'team-?', text: 'team-1', matches: true },
  { pattern: 'team-?', text: 'team-', matches: false },
  { pattern: 'team-?', text: 'team-12', matches: false },
  { pattern: '[ab]*', text: 'a', matches: false },
  { pattern: '[ab]*', text: '[ab]x', matches: true },
  { pattern: 'a.c', text: 'abc', matches: false },
  { pattern: '*', text: '', matches: true },
  { pattern: '', text: '', matches: true },
  { pattern: '', text: 'a', matches: false },
])('AT-079, D-18: $pattern on $text -> $matches', ({ pattern, text, matches }) => {
  expect(matchesGlob(pattern, text)).toBe(matches)
})

test('agrees with a regular expression on every pattern', () => {
  const signs = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '['), maxLength: 8 })
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '['), maxLength: 8 })
  fc.assert(
    fc.property(signs, letters, (pattern, text) => {
      const source = pattern.replaceAll('[', '\\[').replaceAll('*', '.*').replaceAll('?', '.')
      expect(matchesGlob(pattern, text)).toBe(new RegExp(`^${source}$`, 's').test(text))
    }),
  )
})
