import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import type { KeyDigest } from '../domain/ids.ts'
import { digestNamed } from './name-key.ts'
import type { Actor, ManagePorts } from './ports.ts'
import { keyNotFound, malformed } from './refuse.ts'

export interface KeyNames {
  readonly keys: readonly string[]
  readonly aliases: readonly string[]
}

const MOST_AT_ONCE = 500

/** All or none. The answer names the keys as the caller did. */
export async function deleteKeys(
  { keys, aliases }: KeyNames,
  actor: Actor,
  ports: ManagePorts,
): Promise<Decision<readonly string[]>> {
  const names = [...keys, ...aliases]
  if (names.length > MOST_AT_ONCE) return malformed(`At most ${MOST_AT_ONCE} keys can be deleted at once.`)

  const digests: KeyDigest[] = []
  for (const name of keys) {
    const digest = digestNamed(name, ports.digests)
    if (digest === undefined) return keyNotFound()
    digests.push(digest)
  }
  for (const alias of aliases) {
    const key = await ports.keys.findByAlias(alias)
    if (key === undefined) return keyNotFound()
    digests.push(key.digest)
  }
  const outcome = await ports.keys.delete(digests, actor.onBehalfOf ?? actor.name, ports.clock.now())
  return outcome === 'deleted' ? allow(names) : keyNotFound()
}
