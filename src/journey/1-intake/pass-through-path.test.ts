import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPassedPath } from './pass-through-path.ts'

const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.constantFrom(
    '/',
    '//',
    '.',
    '..',
    '%2e',
    '%2F',
    '%5c',
    '\\',
    '%00',
    '%',
    '%25',
    '%252e',
    '@',
    ':',
    '?',
    '#',
    ';',
    'a',
  ),
)

test('N-05: whatever stands below the prefix, it leads below the target and to no other host', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const read = readPassedPath(`/bria/${pieces.join('')}`, '/bria')
      if (read.verdict === 'deny') return
      const { rest, path } = read.granted
      const url = new URL(`https://target.example/base${rest}`)
      expect(url.host).toBe('target.example')
      expect(url.search + url.hash).toBe('')
      expect(url.pathname).toBe(`/base${rest}`)
      expect(path === '/bria' || path.startsWith('/bria/')).toBe(true)
      // Written once, it stays as it is.
      expect(readPassedPath(`/bria${rest}`, '/bria')).toEqual(read)
    }),
    { numRuns: 2_000 },
  )
})

test.each(['/brix', '/bria2/x', '/x/bria', '/BRIA/x', '/bri', '/'])('%s is not below /bria', (path) => {
  expect(readPassedPath(path, '/bria').verdict).toBe('deny')
})

test('a segment has one spelling', () => {
  const spellings = ['/bria/a~b:c@d', '/bria/%61~b%3Ac%40d', '/%62ria/a%7Eb:c@d']
  const read = spellings.map((path) => readPassedPath(path, '/bria'))
  for (const each of read) expect(each).toMatchObject({ granted: { path: '/bria/a~b:c@d', rest: '/a~b:c@d' } })
})
