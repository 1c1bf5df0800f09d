import { allow } from '../domain/decision.ts'
import type { Decision, Denied } from '../domain/decision.ts'
import type { KeyDigest } from '../domain/ids.ts'
import { changesKey } from '../domain/scope.ts'
import { restamped } from '../domain/stamps.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'
import type { Rooms } from '../ports/registry.ts'
import { decideBounds } from './apply-key-rules.ts'
import { decideNewExpiry } from './decide-expiry.ts'
import { decideKeyGrant } from './decide-key-grant.ts'
import { describeChange, isSame } from './describe-change.ts'
import { isMemberOf, loadKeyGrounds } from './key-grounds.ts'
import { placeOfKey } from './key-place.ts'
import { digestNamed, shownName } from './name-key.ts'
import { changer } from './ports.ts'
import type { Ask, ManagePorts } from './ports.ts'
import { aliasTaken, beyondYours, foreign, keyNotFound, malformed } from './refuse.ts'
import { reviseKey } from './revise-key.ts'
import type { KeyWish } from './revise-key.ts'

export async function updateKey(
  name: string,
  wish: KeyWish,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<VirtualKey>> {
  const digest = digestNamed(name, ports.digests)
  if (digest === undefined) return keyNotFound()
  return change(digest, (current) => wishedRow(current, wish, ports), 'updated', keyNotFound(), ask, ports)
}

export async function setBlocked(
  name: string,
  blocked: boolean,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<VirtualKey>> {
  const digest = digestNamed(name, ports.digests)
  if (digest === undefined) return malformed('Invalid key format.')
  const absent = keyNotFound(`Key ${shownName(name)} not found`)
  const action = blocked ? 'blocked' : 'unblocked'
  return change(digest, (current) => allow({ ...current, blocked }), action, absent, ask, ports)
}

/** The rules of every change to a key that exists, whichever verb brings it. */
export function wishedRow(
  current: VirtualKey,
  wish: KeyWish,
  ports: Pick<ManagePorts, 'clock' | 'rules'>,
): Decision<VirtualKey> {
  const bounds = decideBounds(wish.limits, ports.rules)
  if (bounds.verdict === 'deny') return bounds
  const revised = reviseKey(current, wish, ports.clock.now())
  if (revised.verdict === 'deny') return revised
  const expiry = decideNewExpiry(wish.duration, current.expiresAt, ports.clock.now(), ports.rules)
  return expiry.verdict === 'deny' ? expiry : allow({ ...revised.granted, expiresAt: expiry.granted })
}

async function change(
  digest: KeyDigest,
  revise: (current: VirtualKey) => Decision<VirtualKey>,
  action: 'updated' | 'blocked' | 'unblocked',
  absent: Denied,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<VirtualKey>> {
  const about = { action, objectType: 'LiteLLM_VerificationToken', objectId: digest } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const current = await rooms.keys.find(digest)
    if (current === undefined) return absent
    const revised = await reviseWithin(current, revise, absent, ask, rooms, ports)
    if (revised.verdict === 'deny') return revised

    const row = restamped(revised.granted, changer(ask), ports.clock.now())
    if (isSame(current, row)) return allow({ outcome: current, records: [] })
    if ((await rooms.keys.update(row)) === 'taken') return aliasTaken(row.alias)
    return allow({ outcome: row, records: [{ ...about, ...describeChange(current, row) }] })
  })
}

/** The key as it shall be, if the caller may reach it and may make it that. */
export async function reviseWithin(
  current: VirtualKey,
  revise: (current: VirtualKey) => Decision<VirtualKey>,
  absent: Denied,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<VirtualKey>> {
  if (!changesKey(ask.reach, await placeOfKey(current, rooms), ask.origin.route)) return foreign(absent)
  const revised = revise(current)
  if (revised.verdict === 'deny') return revised
  const grounds = await loadKeyGrounds(revised.granted, ask, rooms, ports)
  if (grounds.verdict === 'deny') return grounds
  const { user, team } = grounds.granted
  if (
    current.teamId !== revised.granted.teamId &&
    user !== undefined &&
    team !== undefined &&
    !isMemberOf(user, team)
  ) {
    return beyondYours(`User=${user.user.id} is not a member of team=${team.id}. Add the member first.`)
  }
  const needsMembership = current.needsMembership || isMemberOf(user, team)
  return decideKeyGrant(current, { ...revised.granted, needsMembership }, grounds.granted, ask, ports.grants())
}
