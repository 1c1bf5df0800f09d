import type { AuditAction } from '../../domain/audit-record.ts'
import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseUserId } from '../../domain/ids.ts'
import type { UserId } from '../../domain/ids.ts'
import { MASTER_USER_ID } from '../../domain/principal.ts'
import { restamped } from '../../domain/stamps.ts'
import { blankUser } from '../../domain/user.ts'
import type { User } from '../../domain/user.ts'
import type { Attempt, Change, Rooms } from '../../ports/registry.ts'
import { hashed, TOTAL_SPEND_ID } from './create-user.ts'
import { decideAccounts } from './decide-accounts.ts'
import { blockerWith, decideUserWish, handOn, isTakenUp, opensAccount, placeOfUser } from './decide-user-change.ts'
import type { Hand } from './decide-user-change.ts'
import { decideGivenModels } from '../decide-given-models.ts'
import { changeAction, describeChange, isSame } from '../describe-change.ts'
import { ceilingsOver, decideWithin } from '../organizations/organization-ceiling.ts'
import { onRecord } from '../on-record.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { foreign, malformed } from '../refuse.ts'
import { lastAdmin, userMerged, userNotFound, userTaken } from './refuse-user.ts'
import { reviseUser } from './revise-user.ts'
import type { UserWish } from './revise-user.ts'

export interface UserChangeOrder {
  readonly id: string | undefined
  /** Names the user where there is no id. */
  readonly email: string | undefined
  readonly wish: UserWish
}

/** A user as the change finds it; without a row yet when an administrator names one that is not there. */
interface Target {
  readonly id: UserId
  readonly current: User | undefined
  readonly hand: Hand
  readonly isTaken: boolean
}

export async function updateUser(order: UserChangeOrder, ask: Ask, ports: ManagePorts): Promise<Decision<User>> {
  const password = await onRecord(await hashed(order.wish, ask, ports), aboutUser(order), ask, ports)
  if (password.verdict === 'deny') return password
  return ports.registry.change(ask.origin, aboutUser(order), (rooms) =>
    changeUser(order, password.granted, ask, rooms, ports),
  )
}

function aboutUser({ id, email }: Pick<UserChangeOrder, 'id' | 'email'>): Attempt {
  return { action: 'updated', objectType: 'LiteLLM_UserTable', objectId: id ?? email ?? '' }
}

async function changeUser(
  order: UserChangeOrder,
  passwordHash: string | undefined,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<Change<User>>> {
  const target = await findTarget(order, ask, rooms, ports)
  if (target.verdict === 'deny') return target
  const { id, current, hand, isTaken } = target.granted
  // An administrator who reaches for the last one learns that first, also when it is themselves.
  const wish = current === undefined ? { ...order.wish, email: order.wish.email ?? order.email } : order.wish
  if (await losesLastAdmin(current, wish, rooms)) return lastAdmin()
  const isShut = wish.blocked === true || wish.metadata?.['scim_active'] === false
  if (id === MASTER_USER_ID && (isShut || (wish.role ?? 'proxy_admin') !== 'proxy_admin')) return lastAdmin()
  const may = decideUserWish(wish, current, hand, ask.principal, isTaken)
  if (may.verdict === 'deny') return may

  const now = ports.clock.now()
  const base = current ?? blankUser(id, changer(ask), now)
  const revised = reviseUser(base, wish, blockerWith(hand), now)
  if (revised.verdict === 'deny') return revised
  const row: User = { ...revised.granted, passwordHash: passwordHash ?? base.passwordHash }
  if (current !== undefined && isSame(current, row)) return allow({ outcome: current, records: [] })
  const given = decideGivenModels(current?.models, row.models, ask, ports)
  if (given.verdict === 'deny') return given
  const opened = current !== undefined && opensAccount(wish) ? [current] : []
  const opens = await decideAccounts(opened, ask, rooms, ports)
  if (opens.verdict === 'deny') return opens
  const stored = await store(row, target.granted, ask, rooms, ports)
  // Whom another call made at this moment is there now.
  if (stored === 'there-by-now') return changeUser(order, passwordHash, ask, rooms, ports)
  if (stored.verdict === 'deny') return stored
  const action: AuditAction = current === undefined ? 'created' : changeAction(current, row)
  const records = [{ ...aboutUser({ id, email: undefined }), action, ...describeChange(current ?? {}, stored.granted) }]
  return allow({ outcome: stored.granted, records })
}

async function store(
  row: User,
  { current, hand }: Target,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<User> | 'there-by-now'> {
  if (hand === 'organization') {
    const facts = await rooms.users.facts(row.id)
    const ceilings = facts === undefined ? [] : await ceilingsOver(placeOfUser(facts), rooms)
    const within = decideWithin(current, row, ceilings, ports)
    if (within.verdict === 'deny') return within
  }
  if (row.email !== undefined && row.email !== current?.email) {
    const holders = await rooms.users.namedByEmail(row.email)
    if (holders.some((holder) => holder.id !== row.id)) return userTaken(`email ${row.email}`)
  }
  const stamped = current === undefined ? row : restamped(row, changer(ask), ports.clock.now())
  // An administrator who names the id of somebody who is gone gives it out anew.
  if (current === undefined) await rooms.formerUsers.free(row.id)
  const outcome = current === undefined ? await rooms.users.insert(stamped) : await rooms.users.update(stamped)
  if (outcome === 'taken') {
    const isThere = current === undefined && (await rooms.users.find(row.id)) !== undefined
    return isThere ? 'there-by-now' : userTaken('this sso_user_id')
  }
  if (current !== undefined && changesPossession(current, stamped)) await dropInvitations(row.id, rooms)
  return allow(stamped)
}

async function findTarget(
  { id, email }: UserChangeOrder,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<Target>> {
  const absent = userNotFound(id ?? email ?? '', ask.reach)
  const named = await idOf(id, email, rooms)
  if (named === 'several') return malformed('Several users have this address. Name the user by `user_id`.')
  const makesNew = ask.reach.scope === 'all' && ask.reach.mayWrite
  const userId = named ?? (makesNew ? parseUserId(id ?? ports.newId()) : undefined)
  if (userId === undefined || userId === TOTAL_SPEND_ID) return absent
  const current = await rooms.users.find(userId)
  if (current === undefined) {
    if (!makesNew) return absent
    const survivor = (await rooms.formerUsers.find(userId))?.mergedInto
    if (survivor !== undefined) return userMerged(userId, survivor)
    return allow({ id: userId, current, hand: 'administrator', isTaken: false })
  }
  const facts = await rooms.users.facts(userId)
  const hand = facts === undefined ? undefined : handOn(ask.reach, placeOfUser(facts))
  if (facts === undefined || hand === undefined) return foreign(absent)
  return allow({ id: userId, current, hand, isTaken: isTakenUp(facts) })
}

async function idOf(
  id: string | undefined,
  email: string | undefined,
  rooms: Rooms,
): Promise<UserId | 'several' | undefined> {
  if (id !== undefined) return parseUserId(id)
  if (email === undefined) return undefined
  const [first, second] = await rooms.users.namedByEmail(email)
  return second === undefined ? first?.id : 'several'
}

/** Z-06. */
export async function losesLastAdmin(
  current: User | undefined,
  wish: Pick<UserWish, 'role' | 'blocked' | 'metadata'>,
  rooms: Rooms,
): Promise<boolean> {
  if (current === undefined || current.role !== 'proxy_admin' || current.blocked || current.id === MASTER_USER_ID) {
    return false
  }
  const isClosed = wish.blocked === true || wish.metadata?.['scim_active'] === false
  const stays = (wish.role ?? 'proxy_admin') === 'proxy_admin' && !isClosed
  return !stays && (await rooms.users.countOtherAdmins([current.id])) === 0
}

/** S-10: an invitation is for the user as the user was when it was made. */
function changesPossession(before: User, after: User): boolean {
  return before.email !== after.email || before.role !== after.role || before.passwordHash !== after.passwordHash
}

export async function dropInvitations(id: UserId, rooms: Rooms): Promise<void> {
  const open = (await rooms.invitations.ofUser(id)).filter(({ acceptedAt }) => acceptedAt === undefined)
  await rooms.invitations.delete(open.map((invitation) => invitation.id))
}
