import { allow } from '../domain/decision.ts'
import type { Decision, Denied } from '../domain/decision.ts'
import type { KeyDigest } from '../domain/ids.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'
import { decideNewExpiry } from './decide-expiry.ts'
import { digestNamed, loadKey, shownName } from './name-key.ts'
import type { Actor, ManagePorts } from './ports.ts'
import { aliasTaken, changedMeanwhile, keyNotFound, malformed } from './refuse.ts'
import { reviseKey, stamped } from './revise-key.ts'
import type { KeyWish } from './revise-key.ts'

/** How often a change is made again because another one came between reading and writing. */
const TRIES = 4

export async function updateKey(
  name: string,
  wish: KeyWish,
  actor: Actor,
  ports: ManagePorts,
): Promise<Decision<VirtualKey>> {
  const digest = digestNamed(name, ports.digests)
  if (digest === undefined) return keyNotFound()
  return change(digest, (current) => wishedRow(current, wish, ports), keyNotFound(), actor, ports)
}

export async function setBlocked(
  name: string,
  blocked: boolean,
  actor: Actor,
  ports: ManagePorts,
): Promise<Decision<VirtualKey>> {
  const digest = digestNamed(name, ports.digests)
  if (digest === undefined) return malformed('Invalid key format.')
  const absent = keyNotFound(`Key ${shownName(name)} not found`)
  return change(digest, (current) => allow({ ...current, blocked }), absent, actor, ports)
}

/** The rules of every change to a key that exists, whichever verb brings it. */
export function wishedRow(
  current: VirtualKey,
  wish: KeyWish,
  ports: Pick<ManagePorts, 'clock' | 'rules'>,
): Decision<VirtualKey> {
  const revised = reviseKey(current, wish)
  if (revised.verdict === 'deny') return revised
  const expiry = decideNewExpiry(wish.duration, current.expiresAt, ports.clock.now(), ports.rules)
  return expiry.verdict === 'deny' ? expiry : allow({ ...revised.granted, expiresAt: expiry.granted })
}

/** Reads, decides and writes; and again from the start when the row has changed meanwhile. */
async function change(
  digest: KeyDigest,
  revise: (current: VirtualKey) => Decision<VirtualKey>,
  absent: Denied,
  actor: Actor,
  ports: ManagePorts,
): Promise<Decision<VirtualKey>> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const current = await loadKey(digest, ports.keys)
    if (current === undefined) return absent
    const revised = revise(current)
    if (revised.verdict === 'deny') return revised

    const row = stamped(revised.granted, actor, ports.clock.now())
    switch (await ports.keys.update(row, current.updatedAt)) {
      case 'updated':
        return allow(row)
      case 'alias-taken':
        return aliasTaken(row.alias)
      case 'unknown':
        return absent
      case 'changed':
    }
  }
  return changedMeanwhile()
}
