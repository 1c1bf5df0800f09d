import { compactVerify } from 'jose'
import type { EpochMs } from '../../domain/ids.ts'
import type { Denied } from '../../domain/decision.ts'
import type { TokenProfile } from '../../domain/token-settings.ts'
import type { ChosenKey, FoundKey, KeyStore } from './key-store.ts'
import { algorithmNamed, algorithmOf } from './public-key.ts'
import type { PublicKey } from './public-key.ts'
import type { TokenHeader } from './read-header.ts'
import { UNAVAILABLE, refuseAnswer, refuseKid, refuseToken } from './refuse-token.ts'

/** A key, and the store that goes on to answer for it. */
export interface ProvingKey extends ChosenKey {
  readonly store: KeyStore
}

interface Signed {
  readonly text: string
  readonly header: TokenHeader
}

/** J-10 to J-16. A refusal comes with the key that did not fit, if one was found. */
export async function proveSignature(
  token: Signed,
  profile: Pick<TokenProfile, 'algorithms'>,
  stores: readonly KeyStore[],
  now: EpochMs,
): Promise<ProvingKey | { readonly denied: Denied; readonly by?: ProvingKey }> {
  const alg = algorithmNamed(token.header.alg)
  if (alg === undefined || !profile.algorithms.includes(alg)) return { denied: refuseToken('jwt_alg_not_allowed') }
  const found = await findKey(stores, token.header.kid, now)
  if (!('key' in found)) return { denied: found }

  const { store, kid } = found
  const isFor = (key: PublicKey): boolean => algorithmOf(key, profile.algorithms) === alg
  if (isFor(found.key) && (await isSignedBy(token, found.key))) return found
  const key = (await store.findSuccessor(found, now)) ?? found.key
  if (!isFor(key)) return { denied: refuseToken('jwt_alg_key_mismatch') }
  if (key !== found.key && (await isSignedBy(token, key))) return { key, kid, store }
  return { denied: refuseToken('jwt_sig_invalid'), by: { key, kid, store } }
}

/**
 * The first source that has the key is final; that one of them is down counts only when no other has it. None is asked
 * anew for a key that another one has.
 */
async function findKey(
  stores: readonly KeyStore[],
  kid: string | undefined,
  now: EpochMs,
): Promise<ProvingKey | Denied> {
  const missing: Exclude<FoundKey, { is: 'key' | 'refused' }>[] = []
  const old: KeyStore[] = []
  for (const store of stores) {
    const found = await store.find(kid, now)
    if (found.is === 'key') return { key: found.key, kid, store }
    if (found.is === 'refused') return refuseToken(found.because)
    if (found.is === 'unknown' && !found.isNews) old.push(store)
    else missing.push(found)
  }
  for (const store of old) {
    const found = await store.findAnew(kid, now)
    if (found.is === 'key') return { key: found.key, kid, store }
    if (found.is === 'refused') return refuseToken(found.because)
    missing.push(found)
  }
  if (missing.some((found) => found.is === 'unreachable')) return UNAVAILABLE
  const unfit = missing.find((found) => found.is === 'unfit')
  return unfit === undefined ? refuseKid(kid) : refuseAnswer(unfit.what)
}

async function isSignedBy({ text, header }: Signed, { key, family }: PublicKey): Promise<boolean> {
  // INV-08: without its leading zero a signature of RSA is the same number, and another form of the same token.
  if (family === 'RSA' && signatureBytes(text) !== Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8))
    return false
  try {
    await compactVerify(text, key, { algorithms: [header.alg] })
    return true
  } catch {
    return false
  }
}

function signatureBytes(text: string): number {
  const letters = text.length - text.lastIndexOf('.') - 1
  return Math.floor((letters * 3) / 4)
}
