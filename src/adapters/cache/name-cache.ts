import type { Peeked } from '../../ports/directory.ts'
import { FactCache } from './fact-cache.ts'
import type { FactCacheOptions } from './fact-cache.ts'

/** No id, address, alias or subject that is worth remembering is longer; what callers make up can be. */
const LONGEST = 1_024

/** Facts by what callers say about themselves. What is too long to be kept is asked for each time. */
export class NameCache<Fact extends object> {
  readonly #cache: FactCache<string, Fact>
  readonly #ask: (name: string) => Promise<Fact | undefined>

  constructor(options: FactCacheOptions<string, Fact>) {
    this.#cache = new FactCache(options)
    this.#ask = options.ask
  }

  peek(name: string): Peeked<Fact> {
    return name.length > LONGEST ? 'ask' : this.#cache.peek(name)
  }

  find(name: string): Promise<Fact | undefined> {
    return name.length > LONGEST ? this.#ask(name) : this.#cache.find(name)
  }

  invalidate(name: string): void {
    this.#cache.invalidate(name)
  }

  clear(): void {
    this.#cache.clear()
  }
}
