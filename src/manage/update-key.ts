import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'
import { decideNewExpiry } from './decide-expiry.ts'
import { digestNamed, loadKey, shownName } from './name-key.ts'
import type { Actor, ManagePorts } from './ports.ts'
import { aliasTaken, keyNotFound, malformed } from './refuse.ts'
import { reviseKey, stamped } from './revise-key.ts'
import type { KeyWish } from './revise-key.ts'

export async function updateKey(
  name: string,
  wish: KeyWish,
  actor: Actor,
  ports: ManagePorts,
): Promise<Decision<VirtualKey>> {
  const digest = digestNamed(name, ports.digests)
  const current = digest === undefined ? undefined : await loadKey(digest, ports.keys)
  if (current === undefined) return keyNotFound()

  const revised = wishedRow(current, wish, ports)
  return revised.verdict === 'deny' ? revised : save(revised.granted, actor, ports)
}

export async function setBlocked(
  name: string,
  blocked: boolean,
  actor: Actor,
  ports: ManagePorts,
): Promise<Decision<VirtualKey>> {
  const digest = digestNamed(name, ports.digests)
  if (digest === undefined) return malformed('Invalid key format.')
  const current = await loadKey(digest, ports.keys)
  if (current === undefined) return keyNotFound(`Key ${shownName(name)} not found`)
  return save({ ...current, blocked }, actor, ports)
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

async function save(key: VirtualKey, actor: Actor, ports: ManagePorts): Promise<Decision<VirtualKey>> {
  const row = stamped(key, actor, ports.clock.now())
  switch (await ports.keys.update(row)) {
    case 'updated':
      return allow(row)
    case 'alias-taken':
      return aliasTaken(row.alias)
    case 'unknown':
      return keyNotFound()
  }
}
