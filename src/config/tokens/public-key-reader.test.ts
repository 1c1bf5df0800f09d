import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { expect, test } from 'vitest'
import { ISSUER, errorsOf } from '../../../test/support/load-tokens.ts'

const rsa = (modulusLength: number, publicExponent = 65_537): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey
const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).publicKey

const errorsFor = (key: KeyObject, more: object = {}): readonly string[] => {
  const public_key_pem = key.export({ format: 'pem', type: 'spki' }).toString()
  return errorsOf({ auth: { issuers: [{ ...ISSUER, public_key_pem, ...more }] }, env: {} })
}

test.each([
  ['RSA', rsa(2048)],
  ['P-256', ec('prime256v1')],
  ['P-521', ec('secp521r1')],
  ['Ed25519', generateKeyPairSync('ed25519').publicKey],
])('a key of %s can be written down', (_, key) => {
  expect(errorsFor(key)).toEqual([])
})

test.each([
  ['too few bits', rsa(1024), /needs 2048 bits/],
  ['the exponent 3', rsa(2048, 3), /exponent/],
  ['another curve', ec('secp256k1'), /curve/],
  ['no signatures', generateKeyPairSync('x25519').publicKey, /kind/],
])('J-12: one with %s stops the start, because nothing would be verified with it', (_, key, says) => {
  expect(errorsFor(key)).toEqual([expect.stringMatching(says)])
})

test.each([
  ['RSA', rsa(2048), 'PS256', 'ES256'],
  ['P-256', ec('prime256v1'), 'ES256', 'ES384'],
  ['P-521', ec('secp521r1'), 'ES512', 'RS512'],
  ['Ed25519', generateKeyPairSync('ed25519').publicKey, 'EdDSA', 'ES256'],
])('J-10: a key of %s is of no use without an algorithm of its kind', (_, key, own, other) => {
  expect(errorsFor(key, { algorithms: [other, own] })).toEqual([])
  expect(errorsFor(key, { algorithms: [other] })).toEqual([expect.stringContaining('None of the algorithms')])
})
