import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { SigningAlgorithm } from '../../src/domain/token-settings.ts'

export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
]

/** Half of a pair for tokens, half for a key set. */
export interface TestKey {
  readonly kid: string | undefined
  readonly alg: SigningAlgorithm
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** As it is published: with `kid`, `alg` and `use`. */
  readonly jwk: Readonly<Record<string, unknown>>
}

const CURVES: ReadonlyMap<string, string> = new Map([
  ['ES256', 'P-256'],
  ['ES384', 'P-384'],
  ['ES512', 'P-521'],
])

/** Makes a pair. `of` gives the pair of another key a second name or algorithm, which costs nothing. */
export function makeKey(
  alg: SigningAlgorithm,
  { kid, bits = 2048, of }: { readonly kid?: string | undefined; readonly bits?: number; readonly of?: TestKey } = {},
): TestKey {
  const { privateKey, publicKey } = of ?? makePair(alg, bits)
  const named = kid === undefined ? {} : { kid }
  const jwk = { ...publicKey.export({ format: 'jwk' }), ...named, alg, use: 'sig' }
  return { kid, alg, privateKey, publicKey, jwk }
}

function makePair(alg: SigningAlgorithm, bits: number): { privateKey: KeyObject; publicKey: KeyObject } {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519')
  const namedCurve = CURVES.get(alg)
  return namedCurve === undefined
    ? generateKeyPairSync('rsa', { modulusLength: bits })
    : generateKeyPairSync('ec', { namedCurve })
}

/** Members that replace the usual ones; `undefined` takes one away. */
export type Members = Readonly<Record<string, unknown>>

export interface TokenParts {
  readonly header?: Members
  readonly claims: Members
  readonly key: TestKey
}

/** A proper token: header `alg`, `kid`, `typ: at+jwt`, unless `header` says otherwise. Signed by what the key is for. */
export function signToken({ header = {}, claims, key }: TokenParts): string {
  const named = key.kid === undefined ? {} : { kid: key.kid }
  return rawToken({ header: { alg: key.alg, typ: 'at+jwt', ...named, ...header }, payload: claims, key })
}

export interface RawParts {
  /** An object is written as JSON; text and bytes are taken as they are. */
  readonly header: Members | string | Uint8Array
  readonly payload: Members | string | Uint8Array
  /** Signs the first two parts, by `algorithm` where the key is made for another. */
  readonly key?: TestKey
  readonly algorithm?: SigningAlgorithm
  /** `HS256` and the like over this text. */
  readonly hmac?: { readonly alg: 'HS256' | 'HS384' | 'HS512'; readonly secret: string | Uint8Array }
  /** Instead of a signature by a key: bytes, or text that becomes the third part as it is. */
  readonly signature?: Uint8Array | string
}

/** Any token, however wrong: every byte of it is the caller's. Without key, hmac and signature the third part is empty. */
export function rawToken({ header, payload, key, algorithm, hmac, signature }: RawParts): string {
  const input = `${part(header)}.${part(payload)}`
  if (typeof signature === 'string') return `${input}.${signature}`
  if (signature !== undefined) return `${input}.${part(signature)}`
  if (hmac !== undefined) {
    const digest = createHmac(`sha${hmac.alg.slice(2)}`, hmac.secret)
      .update(input)
      .digest()
    return `${input}.${part(digest)}`
  }
  return key === undefined ? `${input}.` : `${input}.${part(signBytes(input, key, algorithm))}`
}

/** Unpadded base64url of bytes or text, or of the JSON of an object. */
export function part(value: Members | string | Uint8Array): string {
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('base64url')
  return Buffer.from(value instanceof Uint8Array ? value : JSON.stringify(value)).toString('base64url')
}

export function signBytes(input: string, key: TestKey, alg: SigningAlgorithm = key.alg): Buffer {
  const data = Buffer.from(input)
  if (alg === 'EdDSA') return sign(null, data, key.privateKey)
  const hash = `sha${alg.slice(2)}`
  if (CURVES.has(alg)) return sign(hash, data, { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  if (alg.startsWith('RS')) return sign(hash, data, key.privateKey)
  const saltLength = Number(alg.slice(2)) / 8
  return sign(hash, data, { key: key.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
}
