import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { KeyDigest } from '../../domain/ids.ts'
import { reachesKey } from '../../domain/scope.ts'
import { archiveKeys } from './archive-keys.ts'
import { placeOfKey } from './key-place.ts'
import { outOfReach } from './out-of-reach.ts'
import { digestNamed } from './name-key.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { keyNotFound, malformed } from '../refuse.ts'

export interface KeyNames {
  readonly keys: readonly string[]
  readonly aliases: readonly string[]
}

const MOST_AT_ONCE = 500

/** As the caller named the keys; and the mappings of claims that went with them. */
export interface DeletedKeys {
  readonly names: readonly string[]
  readonly mappingIds: readonly string[]
}

/** All or none. */
export async function deleteKeys(
  { keys, aliases }: KeyNames,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<DeletedKeys>> {
  const names = [...keys, ...aliases]
  if (names.length > MOST_AT_ONCE) return malformed(`At most ${MOST_AT_ONCE} keys can be deleted at once.`)

  const digests = new Set<KeyDigest>()
  for (const name of keys) {
    const digest = digestNamed(name, ports.digests)
    if (digest === undefined) return keyNotFound()
    digests.add(digest)
  }
  const about = {
    action: 'deleted',
    objectType: 'LiteLLM_VerificationToken',
    objectId: [...digests].join(','),
  } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    let isOneUnknown = false
    for (const alias of aliases) {
      const key = await rooms.keys.findByAlias(alias)
      if (key === undefined) isOneUnknown = true
      else digests.add(key.digest)
    }
    const found = new Map((await rooms.keys.findMany([...digests])).map((key) => [key.digest, key]))
    for (const digest of [...digests].filter((each) => !found.has(each))) {
      const key = await rooms.keys.findBySecretOfBefore(digest, ports.clock.now())
      if (key === undefined) isOneUnknown = true
      else found.set(key.digest, key)
    }
    for (const key of found.values()) {
      const place = await placeOfKey(key, rooms)
      if (!reachesKey(ask.reach, place, ask.origin.route)) return outOfReach(place, ask, keyNotFound())
    }
    if (isOneUnknown) return keyNotFound()
    const { mappings, records } = await archiveKeys([...found.keys()], rooms, ask)
    return allow({ outcome: { names, mappingIds: mappings.map(({ id }) => id) }, records })
  })
}
