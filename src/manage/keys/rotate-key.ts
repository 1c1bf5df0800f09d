import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { addDuration, parseDuration } from '../../domain/duration.ts'
import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { NO_MONEY } from '../../domain/money.ts'
import { reachesKey } from '../../domain/scope.ts'
import { restamped } from '../../domain/stamps.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { budgetOf } from '../budgets/own-budget.ts'
import { decideSecret } from './decide-key-grant.ts'
import { describeChange } from '../describe-change.ts'
import type { Rooms } from '../../ports/registry.ts'
import { isGivenOut } from './issue-key.ts'
import type { IssuedKey } from './issue-key.ts'
import { makeKey } from './make-key.ts'
import { isAliasHeld } from './find-named-key.ts'
import { placeOfKey } from './key-place.ts'
import { outOfReach } from './out-of-reach.ts'
import { digestNamed, shownName } from './name-key.ts'
import { onRecord } from '../on-record.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { provisionUser } from '../users/provision-user.ts'
import { aliasTaken, keyNotFound, keyTaken, malformed } from '../refuse.ts'
import type { KeyWish } from './revise-key.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'
import { aboutKey, reviseWithin, wishedRow } from './update-key.ts'
import type { RevisedKey } from './update-key.ts'
import { tellZeros } from './tell-zeros.ts'
import { withCascade } from '../with-cascade.ts'

export interface RotationOrder extends KeyWish {
  readonly chosenKey?: string | undefined
  /** How long the secret so far goes on working beside the new one. */
  readonly gracePeriod?: string | undefined
}

const LONGEST_GRACE_MS = 7 * 86_400_000
const NO_GRACE = /^0[a-z]{0,7}$/

/** K-09: a new secret for the same row. What the key has spent stays with it. */
export async function rotateKey(
  name: string,
  order: RotationOrder,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<IssuedKey>> {
  // A key of nobody's own has no rights of management, and so none over itself.
  const { principal } = ask
  if (principal.kind === 'virtual-key' && (principal.standing.user === undefined || principal.key.roleless)) {
    const refused = deny(
      'admin-only',
      'authz_role',
      'A key without a user cannot rotate itself. Ask whoever manages it.',
    )
    return onRecord(refused, aboutKey('rotated', principal.key.digest), ask, ports)
  }
  const digest = digestNamed(name, ports.digests)
  if (digest !== undefined && ports.digests.equal(digest, ports.masterKey)) {
    return malformed('The master key is changed in the configuration, not here.')
  }
  const absent = keyNotFound(`Key ${shownName(name)} not found.`)
  if (digest === undefined) return absent

  const about = aboutKey('rotated', digest)
  if (order.chosenKey !== undefined && ask.reach.scope !== 'all') {
    const say = '`new_key`: only administrators choose the value of a key (K-01).'
    return onRecord(deny('beyond-yours', 'authz_field', say), about, ask, ports)
  }
  const now = ports.clock.now()
  const grace = decideGrace(order.gracePeriod, now, ports.rules.keyRotationGraceMs)
  if (grace.verdict === 'deny') return grace

  const secret = makeKey(order.chosenKey, ports)
  if (secret.verdict === 'deny') return secret

  // Asked before the change: once the old secret is gone, nothing may keep the new one from its holder.
  const spend = (await ports.ledger.spendOfKeys([digest])).get(digest) ?? NO_MONEY
  const rotated = await ports.registry.change(ask.origin, about, async (rooms) => {
    const current = await rooms.keys.find(digest)
    if (current === undefined) return absent
    const wished = await reviseRotated(current, order, absent, ask, rooms, ports)
    if (wished.verdict === 'deny') return wished
    const { expiresAt } = wished.granted.key
    if (expiresAt !== undefined && expiresAt <= now) return endedAlready()

    const row: VirtualKey = {
      ...restamped(wished.granted.key, changer(ask), now),
      digest: secret.granted.digest,
      displayName: secret.granted.displayName,
      // Who was given the secret so far still has it, until it ends.
      roleless: isGivenOut(current, ask) || (current.roleless && grace.granted !== undefined),
      rotationCount: current.rotationCount + 1,
      lastRotatedAt: now,
    }
    const owner = row.userId === undefined ? undefined : await rooms.users.find(row.userId)
    const may = decideSecret({ ...row, digest }, owner, ask, ports.grants())
    if (may.verdict === 'deny') return may
    if (await isAliasHeld(row.alias, rooms, digest)) return aliasTaken(row.alias)
    const newcomers = await provisionUser(wished.granted.newcomer, rooms)
    if ((await rooms.keys.rotate(digest, row, grace.granted)) === 'taken') return keyTaken()
    const budget = await budgetOf(row.budgetId, rooms)
    const outcome = { row, secret: secret.granted.key, duration: order.duration, spend, budget }
    return allow({ outcome, records: [withCascade({ ...about, ...describeChange(current, row) }, newcomers)] })
  })
  if (rotated.verdict === 'allow') tellZeros(rotated.granted.row, order.limits, ports.log)
  return rotated
}

/** Its spend and limits stay with a key that is rotated, and so does its end. */
function endedAlready(): Denied {
  return malformed('The key has expired, and so would its new secret. Send a `duration` along with it.')
}

/** Reaching a key is enough for a new secret; with fields in the body it is a change like any other. */
async function reviseRotated(
  current: VirtualKey,
  { chosenKey: _chosenKey, gracePeriod: _gracePeriod, ...wish }: RotationOrder,
  absent: Denied,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<RevisedKey>> {
  const place = await placeOfKey(current, rooms)
  if (!reachesKey(ask.reach, place, ask.origin.route)) return outOfReach(place, ask, absent)
  const says = Object.entries(wish).some(
    ([name, value]) => value !== undefined && (name !== 'limits' || !isEmpty(wish.limits)),
  )
  return says
    ? reviseWithin(current, (key) => wishedRow(key, wish, ports), absent, ask, rooms, ports)
    : allow({ key: current, newcomer: undefined })
}

function isEmpty(wish: LimitWish | undefined): boolean {
  return wish === undefined || Object.values(wish).every((value) => value === undefined)
}

function decideGrace(
  text: string | undefined,
  now: EpochMs,
  usualMs: number | undefined,
): Decision<EpochMs | undefined> {
  if (text === undefined) {
    return allow(usualMs === undefined || usualMs <= 0 ? undefined : epochMs(now + Math.min(usualMs, LONGEST_GRACE_MS)))
  }
  if (NO_GRACE.test(text)) return allow(undefined)
  const duration = parseDuration(text)
  const endsAt = duration === undefined ? undefined : addDuration(now, duration)
  return endsAt === undefined || endsAt > now + LONGEST_GRACE_MS
    ? malformed('`grace_period` must be a duration of at most 7 days, such as 24h.')
    : allow(endsAt)
}
