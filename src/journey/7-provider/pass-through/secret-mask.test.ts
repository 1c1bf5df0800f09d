import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SecretMask } from './secret-mask.ts'

const SECRETS = ['abcabcabcd', 'secret-of-the-operator']
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = fc
  .array(fc.oneof(fc.constantFrom(...SECRETS, 'abc', 'abcabc', 'secret-of', 'é', '*'), fc.string({ maxLength: 3 })))
  .map((parts) => parts.join(''))

function masked(whole: Uint8Array, cuts: readonly number[]): string {
  const mask = new SecretMask(SECRETS)
  const out: number[] = []
  let at = 0
  for (const cut of [...cuts.map((each) => each % (whole.length + 1)).toSorted((a, b) => a - b), whole.length]) {
    out.push(...mask.push(whole.subarray(at, cut)))
    at = cut
  }
  out.push(...mask.end())
  return new TextDecoder().decode(Uint8Array.from(out))
}

test('INV-31: wherever the answer is cut, no credential is in it, and nothing else is touched', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(200), { maxLength: 6 }), (said, cuts) => {
      const expected = SECRETS.reduce((left, secret) => left.replaceAll(secret, '*'.repeat(secret.length)), said)
      expect(masked(bytesOf(said), cuts)).toBe(expected)
    }),
    { numRuns: 1_000 },
  )
})

test('what is too short to be a credential is nobody’s to blot out', () => {
  const mask = new SecretMask(['1', 'yes'])
  expect(mask.push(bytesOf('yes, 1'))).toEqual(bytesOf('yes, 1'))
})
