import type { KeyDigest } from '../../domain/ids.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Rooms } from '../../ports/registry.ts'

/** The key of this digest, or the one that a secret of before still opens, as long as it does. */
export async function findNamedKey(
  digest: KeyDigest,
  { keys }: Pick<Rooms, 'keys'>,
  { clock }: { readonly clock: Clock },
): Promise<VirtualKey | undefined> {
  return (await keys.find(digest)) ?? (await keys.findBySecretOfBefore(digest, clock.now()))
}

/** Whether a key has the alias, other than this one. */
export async function isAliasHeld(
  alias: string | undefined,
  { keys }: Pick<Rooms, 'keys'>,
  by?: KeyDigest,
): Promise<boolean> {
  const holder = alias === undefined ? undefined : await keys.findByAlias(alias)
  return holder !== undefined && holder.digest !== by
}
