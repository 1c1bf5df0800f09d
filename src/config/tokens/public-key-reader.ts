import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { SigningAlgorithm } from '../../domain/token-settings.ts'
import { aText } from '../readers.ts'
import type { Reader } from '../readers.ts'

const LEAST_RSA_BITS = 2048
const MOST_RSA_BITS = 8192
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']

/** PEM text of a public key or a certificate. Whether a certificate is still valid is seen at each use. */
export const aPublicKey: Reader<string> = {
  expects: 'a public key or a certificate as PEM text',
  read: (node, key, findings) => {
    const text = aText.read(node, key, findings)
    if (text === undefined) return undefined
    const flaw = flawOf(text)
    if (flaw === undefined) return text
    const suggestion = 'Paste the text from -----BEGIN PUBLIC KEY----- or -----BEGIN CERTIFICATE----- on.'
    findings.error(node.place, key, flaw, suggestion)
    return undefined
  },
}

function flawOf(pem: string): string | undefined {
  if (/PRIVATE KEY/.test(pem)) return 'This is a private key, which belongs to the identity provider alone.'
  if (!/^\s*-----BEGIN (?:PUBLIC KEY|CERTIFICATE)-----/.test(pem)) return `Expected ${aPublicKey.expects}.`
  if ((pem.match(/-----BEGIN /g) ?? []).length > 1) return 'There is more than one key in it.'
  const key = parse(pem)
  if (key === undefined) return 'The key in it cannot be read.'
  const { namedCurve = '' } = key.asymmetricKeyDetails ?? {}
  const kind = key.asymmetricKeyType
  if (kind === 'rsa') return flawOfRsa(key)
  if (kind === 'ec')
    return CURVES.includes(namedCurve) ? undefined : 'The curve of the key must be P-256, P-384 or P-521.'
  return kind === 'ed25519' ? undefined : 'The key must be of the kind RSA, EC or Ed25519.'
}

/** Whether a token that one of these algorithms signed could be one of this key. */
export function mayVerify(pem: string, algorithms: readonly SigningAlgorithm[]): boolean {
  const key = parse(pem)
  const ofKey = OF_KEY.get(key?.asymmetricKeyDetails?.namedCurve ?? key?.asymmetricKeyType ?? '')
  return ofKey !== undefined && algorithms.some((alg) => ofKey.test(alg))
}

const OF_KEY: ReadonlyMap<string, RegExp> = new Map([
  ['rsa', /^[RP]S/],
  ['prime256v1', /^ES256$/],
  ['secp384r1', /^ES384$/],
  ['secp521r1', /^ES512$/],
  ['ed25519', /^EdDSA$/],
])

/** J-12, as of keys that a provider publishes: what is never used should not be written down. */
function flawOfRsa(key: KeyObject): string | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < LEAST_RSA_BITS) return `An RSA key needs ${LEAST_RSA_BITS} bits.`
  if (modulusLength > MOST_RSA_BITS) return `An RSA key has ${MOST_RSA_BITS} bits at most.`
  const isUsual = publicExponent >= 65_537n && publicExponent < 1n << 32n && publicExponent % 2n === 1n
  return isUsual ? undefined : 'The exponent of an RSA key must be odd, and from 65537 to less than 2^32.'
}

function parse(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}
