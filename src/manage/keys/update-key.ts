import { allow } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { KeyDigest } from '../../domain/ids.ts'
import { changesKey } from '../../domain/scope.ts'
import { restamped } from '../../domain/stamps.ts'
import type { User } from '../../domain/user.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Change, Rooms } from '../../ports/registry.ts'
import { decideBounds } from './apply-key-rules.ts'
import { decideNewExpiry } from './decide-expiry.ts'
import { decideKeyGrant, findMoved } from './decide-key-grant.ts'
import { changeAction, describeChange, isSame } from '../describe-change.ts'
import { findNamedKey, isAliasHeld } from './find-named-key.ts'
import { decideHome, isMemberOf, loadKeyGrounds } from './key-grounds.ts'
import { placeOfKey } from './key-place.ts'
import { outOfReach } from './out-of-reach.ts'
import { digestNamed, shownName } from './name-key.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { provisionUser } from '../users/provision-user.ts'
import { aliasTaken, beyondYours, beyondYoursIn, keyNotFound, malformed } from '../refuse.ts'
import { reviseKey } from './revise-key.ts'
import type { KeyWish } from './revise-key.ts'
import { tellZeros } from './tell-zeros.ts'
import { withCascade } from '../with-cascade.ts'

export async function updateKey(
  name: string,
  wish: KeyWish,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<VirtualKey>> {
  const digest = digestNamed(name, ports.digests)
  if (digest === undefined) return keyNotFound()
  const changed = await change(updateOf(digest, wish, ports), ask, ports)
  if (changed.verdict === 'allow') tellZeros(changed.granted, wish.limits, ports.log)
  return changed
}

export function updateOf(digest: KeyDigest, wish: KeyWish, ports: Pick<ManagePorts, 'clock' | 'rules'>): KeyChange {
  return { digest, revise: (current) => wishedRow(current, wish, ports), action: 'updated', absent: keyNotFound() }
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
  return change(
    { digest, revise: (current) => reviseKey(current, { blocked }, ports.clock.now()), action, absent },
    ask,
    ports,
  )
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

interface KeyChange {
  readonly digest: KeyDigest
  readonly revise: (current: VirtualKey) => Decision<VirtualKey>
  readonly action: 'updated' | 'blocked' | 'unblocked'
  readonly absent: Denied
}

function change(wanted: KeyChange, ask: Ask, ports: ManagePorts): Promise<Decision<VirtualKey>> {
  return ports.registry.change(ask.origin, aboutKey(wanted.action, wanted.digest), (rooms) =>
    changeWithin(wanted, ask, rooms, ports),
  )
}

export function aboutKey<Action extends KeyChange['action'] | 'rotated'>(action: Action, objectId: string) {
  return { action, objectType: 'LiteLLM_VerificationToken', objectId } as const
}

/** A change of one key, inside of a change that may hold more than that. */
export async function changeWithin(
  { digest, revise, action, absent }: KeyChange,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<Change<VirtualKey>>> {
  const current = await findNamedKey(digest, rooms, ports)
  if (current === undefined) return absent
  const revised = await reviseWithin(current, revise, absent, ask, rooms, ports)
  if (revised.verdict === 'deny') return revised
  const { key, newcomer } = revised.granted

  if (isSame(current, key)) return allow({ outcome: current, records: [] })
  if (await isAliasHeld(key.alias, rooms, current.digest)) return aliasTaken(key.alias)
  const row = restamped(key, changer(ask), ports.clock.now())
  const newcomers = await provisionUser(newcomer, rooms)
  if ((await rooms.keys.update(row)) === 'taken') return aliasTaken(row.alias)
  const told = action === 'updated' ? changeAction(current, row) : action
  const record = { ...aboutKey(told, current.digest), ...describeChange(current, row) }
  return allow({ outcome: row, records: [withCascade(record, newcomers)] })
}

export interface RevisedKey {
  readonly key: VirtualKey
  /** To be made an account together with the change. */
  readonly newcomer: User | undefined
}

/** The key as it shall be, if the caller may reach it and may make it that. */
export async function reviseWithin(
  current: VirtualKey,
  revise: (current: VirtualKey) => Decision<VirtualKey>,
  absent: Denied,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<RevisedKey>> {
  const place = await placeOfKey(current, rooms)
  if (!changesKey(ask.reach, place, ask.origin.route)) return outOfReach(place, ask, absent)
  const revised = revise(current)
  if (revised.verdict === 'deny') return revised
  // Asked before anything is looked up, so that what there is elsewhere can't be told from what there is not.
  const moved = ask.reach.scope === 'all' ? undefined : findMoved(current, revised.granted)
  if (moved !== undefined) return beyondYoursIn(moved)
  const grounds = await loadKeyGrounds(revised.granted, ask, rooms, ports)
  if (grounds.verdict === 'deny') return grounds
  const { user, team } = grounds.granted
  const home = decideHome(current, revised.granted, team, ask)
  if (home.verdict === 'deny') return home
  if (
    current.teamId !== revised.granted.teamId &&
    user !== undefined &&
    team !== undefined &&
    !isMemberOf(user, team)
  ) {
    return beyondYours(`User=${user.user.id} is not a member of team=${team.id}. Add the member first.`)
  }
  const needsMembership = current.needsMembership || isMemberOf(user, team)
  const wished = { ...revised.granted, needsMembership }
  const may = decideKeyGrant(current, wished, grounds.granted, ask, ports.grants())
  return may.verdict === 'deny' ? may : allow({ key: may.granted, newcomer: grounds.granted.newcomer })
}
