import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import { addDuration, parseDuration } from '../domain/duration.ts'
import { epochMs } from '../domain/ids.ts'
import type { EpochMs } from '../domain/ids.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'
import type { IssuedKey } from './generate-key.ts'
import { makeKey } from './make-key.ts'
import { digestNamed, loadKey, shownName } from './name-key.ts'
import type { Actor, ManagePorts } from './ports.ts'
import { withSpend } from './read-key.ts'
import { aliasTaken, changedMeanwhile, keyNotFound, keyTaken, malformed } from './refuse.ts'
import { stamped } from './revise-key.ts'
import type { KeyWish } from './revise-key.ts'
import { wishedRow } from './update-key.ts'

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
  actor: Actor,
  ports: ManagePorts,
): Promise<Decision<IssuedKey>> {
  const digest = digestNamed(name, ports.digests)
  if (digest !== undefined && ports.digests.equal(digest, ports.masterKey)) {
    return malformed('The master key is changed in the configuration, not here.')
  }
  const current = digest === undefined ? undefined : await loadKey(digest, ports.keys)
  if (current === undefined) return keyNotFound(`Key ${shownName(name)} not found.`)

  const now = ports.clock.now()
  const grace = decideGrace(order.gracePeriod, now, ports.rules.keyRotationGraceMs)
  if (grace.verdict === 'deny') return grace

  const wished = wishedRow(current, order, ports)
  if (wished.verdict === 'deny') return wished

  const secret = makeKey(order.chosenKey, ports)
  if (secret.verdict === 'deny') return secret

  const row: VirtualKey = {
    ...stamped(wished.granted, actor, now),
    digest: secret.granted.digest,
    displayName: secret.granted.displayName,
    rotationCount: current.rotationCount + 1,
    lastRotatedAt: now,
  }
  const { granted: graceEndsAt } = grace
  // Asked before the change: once the old secret is gone, nothing may keep the new one from its holder.
  const { spend } = await withSpend(current, ports)
  const graceField = graceEndsAt === undefined ? {} : { graceEndsAt }
  switch (await ports.keys.rotate({ from: current.digest, to: row, seen: current.updatedAt, ...graceField })) {
    case 'rotated':
      return allow({ row, secret: secret.granted.key, duration: order.duration, spend })
    case 'changed':
      return changedMeanwhile()
    case 'unknown':
      return keyNotFound(`Key ${shownName(name)} not found.`)
    case 'digest-taken':
      return keyTaken()
    case 'alias-taken':
      return aliasTaken(row.alias)
  }
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
    ? malformed('`graceFieldperiod` must be a duration of at most 7 days, such as 24h.')
    : allow(endsAt)
}
