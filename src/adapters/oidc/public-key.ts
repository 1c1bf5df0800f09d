import type { KeyObject } from 'node:crypto'
import type { SigningAlgorithm } from '../../domain/token-settings.ts'

export type KeyFamily = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519'

const OF_RSA: readonly SigningAlgorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']

export const ALGORITHMS_OF: Readonly<Record<KeyFamily, readonly SigningAlgorithm[]>> = {
  RSA: OF_RSA,
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA'],
}

/** A key that is good for signatures. The same object as long as its set goes on to hold it. */
export interface PublicKey {
  readonly kid: string | undefined
  readonly family: KeyFamily
  /** As it was published with the key; undefined: the profile assigns one. */
  readonly alg: SigningAlgorithm | undefined
  readonly key: KeyObject
  /** What makes two keys the same. */
  readonly material: string
}

/**
 * J-10: a key has one algorithm, its own or the one that goes with its kind. For RSA that is RS256, unless the profile
 * allows a single other one.
 */
export function algorithmOf(key: PublicKey, allowed: readonly SigningAlgorithm[]): SigningAlgorithm | undefined {
  if (key.alg !== undefined) return key.alg
  if (key.family !== 'RSA') return ALGORITHMS_OF[key.family][0]
  const ofRsa = allowed.filter((alg) => OF_RSA.includes(alg))
  return ofRsa.length === 1 ? ofRsa[0] : 'RS256'
}

/** RFC 9864 gave Ed25519 a name of its own. */
export function algorithmNamed(name: string): SigningAlgorithm | undefined {
  if (name === 'Ed25519') return 'EdDSA'
  return Object.values(ALGORITHMS_OF)
    .flat()
    .find((alg) => alg === name)
}
