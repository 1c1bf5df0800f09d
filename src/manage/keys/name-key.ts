import { parseKeyDigest } from '../../domain/ids.ts'
import type { KeyDigest } from '../../domain/ids.ts'
import { displayNameOf } from '../../domain/key-format.ts'
import type { Digests } from '../../ports/digests.ts'

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
