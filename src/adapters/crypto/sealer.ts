import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { Secret } from '../../domain/secret.ts'
import type { Seal, SealedPlace } from '../../ports/seal.ts'

const VERSION = 'lks1'
const NONCE_BYTES = 12
const KEY_BYTES = 32
const TAG_BYTES = 16
const KEY_ID_BYTES = 6

/** `lks1.<key id>.<nonce>.<ciphertext and tag>`, the last three in base64url. */
const SEALED = /^lks1\.([0-9A-Za-z_-]{8})\.([0-9A-Za-z_-]{16})\.([0-9A-Za-z_-]+)$/

/**
 * AES-256-GCM under a key of its own for each table and column, derived from the key-encryption key. The first key seals;
 * all of them open. Without any nothing can be sealed, for the reason given.
 */
export function createSeal(keys: readonly Secret[], whyOff: string): Seal {
  const rings = keys.map((key) => new Ring(key))
  const [writing] = rings
  return {
    keeps: writing === undefined ? { off: whyOff } : 'on',
    seal(plain, place) {
      if (writing === undefined) throw new Error('there is no key to seal with')
      return writing.seal(plain, place)
    },
    open(sealed, place) {
      const [, keyId, nonce, body] = SEALED.exec(sealed) ?? []
      const ring = rings.find((each) => each.id === keyId)
      return ring === undefined || nonce === undefined || body === undefined ? undefined : ring.open(nonce, body, place)
    },
  }
}

/** One key-encryption key and the keys made of it. */
class Ring {
  /** Tells keys apart, and nothing about them. */
  readonly id: string
  readonly #root: Secret
  readonly #keys = new Map<string, Buffer>()

  constructor(root: Secret) {
    this.#root = root
    this.id = this.#derive('id', KEY_ID_BYTES).toString('base64url')
  }

  seal(plain: string, place: SealedPlace): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#keyFor(place), nonce)
    cipher.setAAD(this.#boundTo(place))
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return [VERSION, this.id, nonce.toString('base64url'), body.toString('base64url')].join('.')
  }

  open(nonce: string, text: string, place: SealedPlace): Secret | undefined {
    const body = Buffer.from(text, 'base64url')
    if (body.byteLength < TAG_BYTES) return undefined
    const decipher = createDecipheriv('aes-256-gcm', this.#keyFor(place), Buffer.from(nonce, 'base64url'), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(this.#boundTo(place))
    decipher.setAuthTag(body.subarray(-TAG_BYTES))
    try {
      return new Secret(Buffer.concat([decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()]).toString())
    } catch {
      return undefined
    }
  }

  #boundTo({ table, column, rowId }: SealedPlace): Buffer {
    return Buffer.from(JSON.stringify([VERSION, this.id, table, column, rowId]))
  }

  #keyFor({ table, column }: SealedPlace): Buffer {
    const name = `seal ${table}.${column}`
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const key = this.#derive(name, KEY_BYTES)
    this.#keys.set(name, key)
    return key
  }

  #derive(purpose: string, bytes: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#root.reveal(), 'latchkey', `${VERSION} ${purpose}`, bytes))
  }
}
