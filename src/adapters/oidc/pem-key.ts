import { X509Certificate, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { EpochMs } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { KeyStore } from './key-store.ts'
import { KeySet } from './key-set.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----/

/** One key that the operator wrote down; of a certificate only as long as it is valid. It answers for every `kid`. */
export function openPemKey(pem: string): KeyStore {
  const read = readPem(pem)
  const key = read === undefined ? undefined : new KeySet([jwkOf(read.key)]).keys[0]
  const isValid = (now: EpochMs): boolean => read !== undefined && now >= read.from && now <= read.to
  const find: KeyStore['find'] = async (_kid, now) =>
    key !== undefined && isValid(now) ? { is: 'key', key } : { is: 'refused', because: 'jwt_key_unusable' }
  return {
    find,
    findAnew: find,
    findSuccessor: async () => undefined,
    vouchesFor: (found, now) => found.key === key && isValid(now),
  }
}

function jwkOf(key: KeyObject): JsonObject {
  const { kty = '', n, e, crv, x, y } = key.export({ format: 'jwk' })
  const members = Object.entries({ n, e, crv, x, y }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  )
  return { kty, ...Object.fromEntries(members) }
}

interface ReadPem {
  readonly key: KeyObject
  readonly from: number
  readonly to: number
}

function readPem(pem: string): ReadPem | undefined {
  try {
    if (!CERTIFICATE.test(pem)) return { key: createPublicKey(pem), from: 0, to: Number.POSITIVE_INFINITY }
    const certificate = new X509Certificate(pem)
    return { key: certificate.publicKey, from: Date.parse(certificate.validFrom), to: Date.parse(certificate.validTo) }
  } catch {
    return undefined
  }
}
