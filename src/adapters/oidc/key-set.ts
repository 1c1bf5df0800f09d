import { isList } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { PublicKey } from './public-key.ts'
import { readJwk } from './read-jwk.ts'
import type { KeyFlaw } from './read-jwk.ts'

const MAX_KEYS = 64
const NO_SET = 'returned no key set'

export type KeyChoice =
  | { readonly is: 'key'; readonly key: PublicKey }
  | { readonly is: 'refused'; readonly because: 'jwt_key_unusable' | 'jwt_key_ambiguous' }
  /** Without a `kid`, a token leads to a key only where there is just one. */
  | { readonly is: 'kid-required' }
  | { readonly is: 'unknown' }

/** What a provider published, read once. A bad key never stands in the way of the others (J-12). */
export class KeySet {
  readonly keys: readonly PublicKey[]
  readonly dropped: readonly { readonly flaw: KeyFlaw; readonly kid: string | undefined }[]
  readonly #byKid = new Map<string, PublicKey | 'ambiguous'>()

  constructor(published: readonly JsonValue[], before?: KeySet) {
    const read = published.map(readJwk)
    this.dropped = read.flatMap((each) => ('flaw' in each ? [each] : []))
    this.keys = read.flatMap((each) => ('flaw' in each ? [] : [before?.sameAs(each) ?? each]))
    for (const key of this.keys) {
      if (key.kid === undefined) continue
      const known = this.#byKid.get(key.kid)
      const isAnother = known !== undefined && known !== 'ambiguous' && known.material !== key.material
      this.#byKid.set(key.kid, known === 'ambiguous' || isAnother ? 'ambiguous' : (known ?? key))
    }
  }

  choose(kid: string | undefined): KeyChoice {
    if (kid === undefined) return this.#choosePlainly()
    const found = this.#byKid.get(kid)
    if (found === 'ambiguous') return { is: 'refused', because: 'jwt_key_ambiguous' }
    if (found !== undefined) return { is: 'key', key: found }
    const isDropped = this.dropped.some((each) => each.kid === kid)
    return isDropped ? { is: 'refused', because: 'jwt_key_unusable' } : { is: 'unknown' }
  }

  /** Whether a token with this `kid`, or none, that was verified by this key would be so again. */
  wouldChoose(key: PublicKey, kid: string | undefined): boolean {
    const choice = this.choose(kid)
    return choice.is === 'key' && choice.key === key
  }

  sameAs(key: PublicKey): PublicKey | undefined {
    return this.keys.find(({ kid, material }) => kid === key.kid && material === key.material)
  }

  #choosePlainly(): KeyChoice {
    const [key, ...others] = this.keys
    if (key !== undefined && others.every(({ material }) => material === key.material)) return { is: 'key', key }
    if (key === undefined && this.dropped.length > 0) return { is: 'refused', because: 'jwt_key_unusable' }
    return { is: 'kid-required' }
  }
}

/** The keys of a document: its `keys`, or the document itself where it is a key. A text: what continues "the endpoint". */
export function publishedKeys(document: JsonObject): readonly JsonValue[] | string {
  const { keys, kty } = document
  if (keys === undefined) return typeof kty === 'string' ? [document] : NO_SET
  if (!isList(keys)) return NO_SET
  return keys.length <= MAX_KEYS ? keys : `returned more than ${MAX_KEYS} keys`
}
