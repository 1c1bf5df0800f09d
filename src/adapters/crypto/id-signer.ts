import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IdSigner } from '../../ports/id-signer.ts'

const BASE64URL = /^[0-9A-Za-z_-]*$/

/** HMAC-SHA-256 under a secret of this installation. */
export function createIdSigner(secret: Uint8Array): IdSigner {
  return {
    sign: (text) => createHmac('sha256', secret).update(text).digest('base64url'),
    equal(a, b) {
      const left = Buffer.from(a)
      const right = Buffer.from(b)
      return left.byteLength === right.byteLength && timingSafeEqual(left, right)
    },
    encode: (text) => Buffer.from(text).toString('base64url'),
    decode(text) {
      if (!BASE64URL.test(text)) return undefined
      const plain = Buffer.from(text, 'base64url')
      return plain.toString('base64url') === text ? plain.toString() : undefined
    },
  }
}
