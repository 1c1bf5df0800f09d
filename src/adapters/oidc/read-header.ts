import type { JsonObject } from '../../domain/json.ts'
import type { TokenFlaw } from './refuse-token.ts'

export interface TokenHeader {
  readonly alg: string
  readonly kid: string | undefined
  /** Undefined: there is none. Null: there is one, and it is no text. */
  readonly typ: string | null | undefined
}

const OF_ENCRYPTION = ['enc', 'zip', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c']
const OF_KEYS = ['jwk', 'jku', 'x5u', 'x5c']
const KID = /^[\u0020-\u007e]{1,256}$/

/** J-04 and J-07: nothing in a header says how it is to be verified, but for which of the known keys. */
export function readHeader(members: JsonObject): TokenHeader | TokenFlaw {
  if (OF_ENCRYPTION.some((name) => name in members)) return 'jwt_jwe_unsupported'
  const { alg, kid, typ } = members
  if (typeof alg !== 'string' || alg === '') return 'jwt_alg_missing'
  if (kid !== undefined && (typeof kid !== 'string' || !KID.test(kid))) return 'jwt_kid_invalid'
  if ('crit' in members) return 'jwt_crit_unsupported'
  if ('b64' in members) return 'jwt_b64_unsupported'
  if ('cty' in members) return 'jwt_nested'
  if (OF_KEYS.some((name) => name in members)) return 'jwt_embedded_key'
  return { alg, kid, typ: typ === undefined || typeof typ === 'string' ? typ : null }
}
