import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { ALGORITHMS_OF, algorithmNamed } from './public-key.ts'
import type { KeyFamily, PublicKey } from './public-key.ts'
import { decodeCanonical } from './read-token.ts'
import { hasWeakPrimes } from './weak-primes.ts'

/** Why a published key is left aside. The words are labels of a metric. */
export type KeyFlaw =
  | 'not_a_key'
  | 'kid'
  | 'private_members'
  | 'symmetric'
  | 'use'
  | 'key_ops'
  | 'alg'
  | 'type'
  | 'encoding'
  | 'not_on_curve'
  | 'rsa_size'
  | 'rsa_exponent'
  | 'weak_primes'
  | 'certificate'

export type ReadKey = PublicKey | { readonly flaw: KeyFlaw; readonly kid: string | undefined }

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
/** Bytes of a coordinate. */
const CURVES: ReadonlyMap<string, { readonly family: KeyFamily; readonly bytes: number }> = new Map([
  ['P-256', { family: 'P-256', bytes: 32 }],
  ['P-384', { family: 'P-384', bytes: 48 }],
  ['P-521', { family: 'P-521', bytes: 66 }],
])

/** J-12: what a published key has to be before anything is verified with it. Never throws. */
export function readJwk(jwk: JsonValue): ReadKey {
  if (!isObject(jwk)) return { flaw: 'not_a_key', kid: undefined }
  const { kid } = jwk
  if (kid !== undefined && typeof kid !== 'string') return { flaw: 'kid', kid: undefined }
  const read = judge(jwk, kid)
  return typeof read === 'string' ? { flaw: read, kid } : read
}

function judge(jwk: JsonObject, kid: string | undefined): PublicKey | KeyFlaw {
  if (jwk['kty'] === 'oct') return 'symmetric'
  if (PRIVATE.some((name) => name in jwk)) return 'private_members'
  const { use, key_ops, alg } = jwk
  if (use !== undefined && use !== 'sig') return 'use'
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify'))) return 'key_ops'

  const named = typeof alg === 'string' ? algorithmNamed(alg) : undefined
  if (alg !== undefined && named === undefined) return 'alg'
  const members = membersOf(jwk)
  if (typeof members === 'string') return members
  const { family, ...shape } = members
  if (named !== undefined && !ALGORITHMS_OF[family].includes(named)) return 'alg'
  const key = importKey(shape)
  if (key === undefined) return family === 'RSA' ? 'encoding' : 'not_on_curve'
  const flaw = family === 'RSA' ? judgeRsa(key) : undefined
  return flaw ?? { kid, family, alg: named, key, material: JSON.stringify([shape, named]) }
}

type Shape = { readonly family: KeyFamily; readonly kty: string } & Readonly<Record<string, string>>

/** The members that make the key, and no others. */
function membersOf(jwk: JsonObject): Shape | KeyFlaw {
  const { kty, crv, n, e, x, y } = jwk
  if (kty === 'RSA') return isBytes(n) && isBytes(e) ? { family: 'RSA', kty, n, e } : 'encoding'
  if (kty === 'EC' && typeof crv === 'string') {
    const curve = CURVES.get(crv)
    if (curve === undefined) return 'type'
    const { family, bytes } = curve
    return isBytes(x, bytes) && isBytes(y, bytes) ? { family, kty, crv, x, y } : 'encoding'
  }
  if (kty === 'OKP' && crv === 'Ed25519') return isBytes(x, 32) ? { family: 'Ed25519', kty, crv, x } : 'encoding'
  return 'type'
}

function isBytes(value: JsonValue | undefined, length?: number): value is string {
  if (typeof value !== 'string') return false
  const bytes = decodeCanonical(value)
  return bytes !== undefined && bytes.length > 0 && (length ?? bytes.length) === bytes.length
}

/** Points that are not on their curve are refused here. */
function importKey(jwk: Readonly<Record<string, string>>): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return undefined
  }
}

export function judgeRsa(key: KeyObject): KeyFlaw | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < 2_048 || modulusLength > 8_192) return 'rsa_size'
  if (publicExponent < 65_537n || publicExponent >= 1n << 32n || publicExponent % 2n === 0n) return 'rsa_exponent'
  const modulus = Buffer.from(String(key.export({ format: 'jwk' }).n), 'base64url')
  return hasWeakPrimes(BigInt(`0x${modulus.toString('hex')}`)) ? 'weak_primes' : undefined
}
