import type { KeyDigest } from '../../domain/ids.ts'
import type { VirtualKeys } from '../../ports/virtual-keys.ts'
import type { KeyCache } from './key-cache.ts'

/** `keys` with its reads from the cache, and its own writes seen by the next read of this process. */
export function cachedVirtualKeys(keys: VirtualKeys, cache: KeyCache): VirtualKeys {
  /** Also after a failure: the write may have been carried out with its answer lost. */
  async function after<Outcome>(write: Promise<Outcome>, digests: readonly KeyDigest[]): Promise<Outcome> {
    try {
      return await write
    } finally {
      for (const digest of digests) cache.invalidate(digest)
    }
  }
  return {
    findKey: (digest, now) => cache.findKey(digest, now),
    findByAlias: (alias) => keys.findByAlias(alias),
    list: (page) => keys.list(page),
    insert: (key) => after(keys.insert(key), [key.digest]),
    update: (key, seen) => after(keys.update(key, seen), [key.digest]),
    rotate: (rotation) => after(keys.rotate(rotation), [rotation.from, rotation.to.digest]),
    delete: (digests, by, at) => after(keys.delete(digests, by, at), digests),
  }
}
