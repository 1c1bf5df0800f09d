import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'
import { reachesKey } from '../domain/scope.ts'
import { placeOfKey } from './key-place.ts'
import { digestNamed } from './name-key.ts'
import type { Ask, ManagePorts } from './ports.ts'
import type { KeyWithSpend } from './read-key.ts'
import { keyNotFound, malformed } from './refuse.ts'
import type { KeyWish } from './revise-key.ts'
import { updateKey } from './update-key.ts'
import { NO_MONEY } from '../domain/money.ts'

const MOST_AT_ONCE = 500

export interface BulkOutcome {
  readonly name: string
  readonly result: Decision<VirtualKey>
}

/** Each key by the rules of a single change; what one is refused says nothing about the others. */
export async function updateKeys(
  wishes: readonly { readonly key: string; readonly wish: KeyWish }[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly BulkOutcome[]>> {
  if (wishes.length === 0 || wishes.length > MOST_AT_ONCE) {
    return malformed(`\`keys\`: between 1 and ${MOST_AT_ONCE} keys can be changed at once.`)
  }
  const outcomes: BulkOutcome[] = []
  for (const { key, wish } of wishes) outcomes.push({ name: key, result: await updateKey(key, wish, ask, ports) })
  return allow(outcomes)
}

/** All of them, or none. */
export async function readKeys(
  names: readonly string[],
  ask: Ask,
  { registry, digests, ledger }: ManagePorts,
): Promise<Decision<readonly KeyWithSpend[]>> {
  const wanted = [...new Set(names.map((name) => digestNamed(name, digests)))]
  const known = wanted.filter((digest) => digest !== undefined)
  if (known.length !== wanted.length || known.length > MOST_AT_ONCE) return keyNotFound()
  const rows = await registry.rooms.keys.findMany(known)
  if (rows.length !== known.length) return keyNotFound()
  for (const row of rows) {
    if (!reachesKey(ask.reach, await placeOfKey(row, registry.rooms), '/key/info')) return keyNotFound()
  }
  const spend = await ledger.spendOfKeys(known)
  return allow(rows.map((row) => ({ row, spend: spend.get(row.digest) ?? NO_MONEY })))
}
