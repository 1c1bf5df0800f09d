import type { AuditDraft } from '../../domain/audit-record.ts'
import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { changesKey, reachesKey } from '../../domain/scope.ts'
import type { ObjectRefusal } from '../../ports/registry.ts'
import { placeOfKey } from './key-place.ts'
import { outOfReach } from './out-of-reach.ts'
import { digestNamed } from './name-key.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { withSpends } from './read-key.ts'
import type { KeyWithSpend } from './read-key.ts'
import { keyNotFound, malformed } from '../refuse.ts'
import type { KeyWish } from './revise-key.ts'
import { tellZeros } from './tell-zeros.ts'
import { aboutKey, changeWithin, updateOf } from './update-key.ts'

const MOST_AT_ONCE = 500

export interface BulkOutcome {
  readonly name: string
  readonly result: Decision<VirtualKey>
}

/**
 * One transaction, and each key by the rules of a single change: what one is refused says nothing about the others. A key
 * that is not the caller's refuses the whole call, like one that there is not (Z-02, Z-03).
 */
export async function updateKeys(
  wishes: readonly { readonly key: string; readonly wish: KeyWish }[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly BulkOutcome[]>> {
  if (wishes.length === 0 || wishes.length > MOST_AT_ONCE) {
    return malformed(`\`keys\`: between 1 and ${MOST_AT_ONCE} keys can be changed at once.`)
  }
  const named = wishes.map(({ key, wish }) => ({ name: key, digest: digestNamed(key, ports.digests), wish }))
  const digests = [...new Set(named.map(({ digest }) => digest))].filter((digest) => digest !== undefined)
  const changed = await ports.registry.change(ask.origin, aboutKey('updated', digests.join(',')), async (rooms) => {
    const known = await rooms.keys.findMany(digests)
    for (const key of known) {
      const place = await placeOfKey(key, rooms)
      if (!changesKey(ask.reach, place, ask.origin.route)) return outOfReach(place, ask, keyNotFound())
    }
    const isAnyAbsent = known.length < digests.length || named.some(({ digest }) => digest === undefined)
    if (isAnyAbsent && ask.reach.scope !== 'all') return keyNotFound()

    const outcome: BulkOutcome[] = []
    const records: AuditDraft[] = []
    const refusals: ObjectRefusal[] = []
    for (const { name, digest, wish } of named) {
      const result =
        digest === undefined ? keyNotFound() : await changeWithin(updateOf(digest, wish, ports), ask, rooms, ports)
      if (result.verdict === 'deny') {
        refusals.push({ about: aboutKey('updated', digest ?? ''), denied: result })
        outcome.push({ name, result })
      } else {
        records.push(...result.granted.records)
        outcome.push({ name, result: allow(result.granted.outcome) })
      }
    }
    return allow({ outcome, records, refusals })
  })
  if (changed.verdict === 'deny') return changed
  for (const [at, { result }] of changed.granted.entries()) {
    if (result.verdict === 'allow') tellZeros(result.granted, wishes[at]?.wish.limits, ports.log)
  }
  return changed
}

/** All of them, or none. */
export async function readKeys(
  names: readonly string[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly KeyWithSpend[]>> {
  const { registry, digests } = ports
  const wanted = [...new Set(names.map((name) => digestNamed(name, digests)))]
  const known = wanted.filter((digest) => digest !== undefined)
  if (known.length !== wanted.length || known.length > MOST_AT_ONCE) return keyNotFound()
  const rows = await registry.rooms.keys.findMany(known)
  if (rows.length !== known.length) return keyNotFound()
  for (const row of rows) {
    if (!reachesKey(ask.reach, await placeOfKey(row, registry.rooms), '/key/info')) return keyNotFound()
  }
  return allow(await withSpends(rows, ports))
}
