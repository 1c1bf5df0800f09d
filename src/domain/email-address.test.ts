import { expect, test } from 'vitest'
import { asciiLowerCase, domainOf } from './email-address.ts'

test.each([
  { address: 'x@a.com', domain: 'a.com' },
  { address: 'X.Y+z@A.Com', domain: 'a.com' },
  { address: "o'hara@a.com", domain: 'a.com' },
  { address: 'x@localhost', domain: 'localhost' },
  { address: 'x@müller.de', domain: 'müller.de' },
  { address: 'x@xn--mller-kva.de', domain: 'xn--mller-kva.de' },
])('the domain of $address is $domain', ({ address, domain }) => {
  expect(domainOf(address)).toBe(domain)
})

test.each([
  '',
  'a.com',
  '@a.com',
  'x@',
  'x@b.com@a.com',
  '"x@b.com"@a.com',
  'x(b.com)@a.com',
  'x@a.com ',
  ' x@a.com',
  'x@a.com.',
  'x@.a.com',
  'x@a..com',
  'x@-a.com',
  'x@[127.0.0.1]',
  'x@a.com\u0000',
  'x@a.com\n',
  'x<y@a.com>',
  `${'x'.repeat(250)}@a.com`,
])('J-28: %j is no address', (address) => {
  expect(domainOf(address)).toBeUndefined()
})

test('INV-06: only ASCII letters are folded', () => {
  expect(asciiLowerCase('AÄK\u212a')).toBe('aÄk\u212a')
})
