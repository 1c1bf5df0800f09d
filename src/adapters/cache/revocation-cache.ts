import type { TokenRevocation } from '../../domain/token-revocation.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Directory, Peeked } from '../../ports/directory.ts'
import { FactCache } from './fact-cache.ts'
import type { FactCacheOptions } from './fact-cache.ts'
import { NameCache } from './name-cache.ts'

/** What stands against one token, be it nothing: that is known as long as the rest of it. */
interface RevocationsOf {
  readonly names: readonly string[]
  readonly found: readonly TokenRevocation[]
}

export interface RevocationCacheOptions extends Omit<FactCacheOptions<string, object>, 'ask' | 'announcedAs'> {
  readonly directory: Pick<Directory, 'hasRevocations' | 'findRevocations'>
  readonly clock: Clock
}

const NONE: readonly TokenRevocation[] = []
/** As many as there are proven tokens remembered. */
const MOST_TOKENS = 20_000

/** Revocations by the names of a token. While there are none at all, nobody's are looked up. */
export class RevocationCache {
  readonly #any: FactCache<'any', { readonly isThere: boolean }>
  readonly #named: NameCache<RevocationsOf>

  constructor({ directory, ...shared }: RevocationCacheOptions) {
    this.#any = new FactCache({
      ...shared,
      ask: async () => ({ isThere: await directory.hasRevocations(shared.clock.now()) }),
    })
    this.#named = new NameCache({
      ...shared,
      maxPresent: Math.min(shared.maxPresent ?? MOST_TOKENS, MOST_TOKENS),
      ask: async (id) => {
        const names: readonly string[] = id.split(SEPARATOR)
        return { names, found: await directory.findRevocations(names) }
      },
      announcedAs: ({ names }: RevocationsOf) => names,
    })
  }

  peek(names: readonly string[]): Peeked<readonly TokenRevocation[]> {
    const any = this.#any.peek('any')
    if (any === 'ask') return any
    if (any?.isThere === false) return NONE
    const known = this.#named.peek(names.join(SEPARATOR))
    return known === 'ask' ? known : known?.found
  }

  async find(names: readonly string[]): Promise<readonly TokenRevocation[]> {
    if (!(await this.hasAny())) return NONE
    return (await this.#named.find(names.join(SEPARATOR)))?.found ?? NONE
  }

  async hasAny(): Promise<boolean> {
    return (await this.#any.find('any'))?.isThere ?? true
  }

  invalidate(name: string): void {
    this.#any.clear()
    this.#named.invalidate(name)
  }

  clear(): void {
    this.#any.clear()
    this.#named.clear()
  }
}

/** In no name: what holds one can't be stored. */
const SEPARATOR = '\0'
