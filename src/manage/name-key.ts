import { parseKeyDigest } from '../domain/ids.ts'
import type { KeyDigest } from '../domain/ids.ts'
import { displayNameOf } from '../domain/key-format.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'
import type { Digests } from '../ports/digests.ts'
import type { VirtualKeys } from '../ports/virtual-keys.ts'

/** A key as a management call names it: in full or by its digest. Naming it proves nothing. */
export function digestNamed(name: string, digests: Digests): KeyDigest | undefined {
  return isRawKey(name) ? digests.digestKey(name) : parseKeyDigest(name)
}

export function isRawKey(name: string): boolean {
  return name.startsWith('sk-')
}

/** For answers and messages: never the key itself. */
export function shownName(name: string): string {
  if (isRawKey(name)) return displayNameOf(name)
  return parseKeyDigest(name) ?? 'of this name'
}

/**
 * The row as the store has it now. A cached one may be a second old, and a change made from it would undo what somebody
 * else has just changed. The digests of earlier secrets name no row.
 */
export async function loadKey(digest: KeyDigest, keys: Pick<VirtualKeys, 'list'>): Promise<VirtualKey | undefined> {
  const { keys: found } = await keys.list({ filter: { digest }, sort: 'token', order: 'asc', page: 1, size: 1 })
  return found[0]
}
