/**
 * `sk-lk<kind>1_<id>_<secret><check>`: kind `k` virtual key, `m` master; an id of 10 characters that is safe to show, a
 * secret of 43 characters (256 bits), and a CRC-32 in 6 characters, so that scanners and typos are told apart from keys
 * without asking anybody.
 */
export const OWN_FORM = /^sk-lk[km]1_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}$/

const OWN_PREFIX = /^sk-lk[a-z]\d_/
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const CHECK_LENGTH = 6

export function writeKey(kind: 'k' | 'm', id: string, secret: string): string {
  const stem = `sk-lk${kind}1_${id}_${secret}`
  return stem + checkOf(stem)
}

export type KeyForm = 'own' | 'foreign' | 'own-but-broken'

/** `foreign` is a key that was chosen by a person or came with an existing database: only its digest can tell. */
export function formOf(key: string): KeyForm {
  if (!OWN_PREFIX.test(key)) return 'foreign'
  if (!OWN_FORM.test(key)) return 'own-but-broken'
  return key.endsWith(checkOf(key.slice(0, -CHECK_LENGTH))) ? 'own' : 'own-but-broken'
}

/** What a person may be shown of a key. */
export function displayNameOf(key: string): string {
  return `sk-...${key.slice(-4)}`
}

/** Characters that carry no bias: a byte of 248 or more is passed over. */
export function base62(bytes: Uint8Array, length: number): string | undefined {
  let text = ''
  for (const byte of bytes) {
    if (byte < 248) text += ALPHABET.charAt(byte % 62)
    if (text.length === length) return text
  }
  return undefined
}

function checkOf(stem: string): string {
  let rest = crc32(stem)
  let text = ''
  for (let i = 0; i < CHECK_LENGTH; i += 1) {
    text = ALPHABET.charAt(rest % 62) + text
    rest = Math.floor(rest / 62)
  }
  return text
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

function crc32(text: string): number {
  let crc = 0xffffffff
  for (let i = 0; i < text.length; i += 1) {
    crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ text.charCodeAt(i)) & 0xff] ?? 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
