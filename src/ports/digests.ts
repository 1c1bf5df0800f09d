import type { KeyDigest } from '../domain/ids.ts'

/** One-way pictures of credentials. What goes in is never kept. */
export interface Digests {
  digestKey(presented: string): KeyDigest
  /** In constant time. */
  equal(a: KeyDigest, b: KeyDigest): boolean
}
