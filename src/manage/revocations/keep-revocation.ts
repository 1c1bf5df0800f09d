import type { AuditDraft } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { epochMs } from '../../domain/ids.ts'
import type { EpochMs, UserId } from '../../domain/ids.ts'
import { stampedNew } from '../../domain/stamps.ts'
import { revocationName } from '../../domain/token-revocation.ts'
import type { RevocationTarget, TokenRevocation } from '../../domain/token-revocation.ts'
import type { Change, Rooms } from '../../ports/registry.ts'
import { describeChange, describeRow } from '../describe-change.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { stampChange } from '../stamp-change.ts'

export type WantedRevocation = Pick<TokenRevocation, 'target' | 'reason' | 'endsAt'>

/**
 * One of a name, inside of a change that may hold more than that. What stands already is never weakened: the later
 * instant and the later end count. Ended ones leave as new ones come, so that they don't add up.
 */
export async function keepRevocation(
  wanted: WantedRevocation,
  ask: Pick<Ask, 'origin'>,
  rooms: Rooms,
  ports: Pick<ManagePorts, 'clock' | 'newId'>,
): Promise<Decision<Change<TokenRevocation>>> {
  const now = ports.clock.now()
  await rooms.revocations.sweep(now)
  const current = await rooms.revocations.named(revocationName(wanted.target))
  if (current === undefined) {
    const made: TokenRevocation = { id: ports.newId(), ...wanted, ...stampedNew(changer(ask), now) }
    if ((await rooms.revocations.insert(made)) === 'taken') {
      return deny('changed-meanwhile', 'version_conflict', 'Somebody else revokes the same. Try again.')
    }
    return allow({ outcome: made, records: [record('created', made.id, {}, describeRow(made))] })
  }
  const after = stampChange(current, strengthened(current, wanted), ask, ports)
  if (after === current) return allow({ outcome: current, records: [] })
  await rooms.revocations.update(after)
  const change = describeChange(current, after)
  return allow({ outcome: after, records: [record('updated', after.id, change.before, change.after)] })
}

/** Whoever is one user from now on is cut off where either of the two was. */
export async function inheritCutOff(
  from: UserId,
  to: UserId,
  ask: Pick<Ask, 'origin'>,
  rooms: Rooms,
  ports: Pick<ManagePorts, 'clock' | 'newId'>,
): Promise<Decision<readonly AuditDraft[]>> {
  const cutOff = await rooms.revocations.named(userName(from))
  if (cutOff?.target.is !== 'user') return allow([])
  const { target, reason, endsAt } = cutOff
  const kept = await keepRevocation({ target: { ...target, userId: to }, reason, endsAt }, ask, rooms, ports)
  return kept.verdict === 'deny' ? kept : allow(kept.granted.records)
}

function userName(userId: UserId): string {
  return revocationName({ is: 'user', userId, issuedBefore: epochMs(0) })
}

function strengthened(current: TokenRevocation, { target, reason, endsAt }: WantedRevocation): TokenRevocation {
  return {
    ...current,
    target: later(current.target, target),
    reason: reason ?? current.reason,
    endsAt: current.endsAt === undefined || endsAt === undefined ? undefined : latest(current.endsAt, endsAt),
  }
}

function later(current: RevocationTarget, wanted: RevocationTarget): RevocationTarget {
  if (!('issuedBefore' in current) || !('issuedBefore' in wanted)) return current
  return { ...current, issuedBefore: latest(current.issuedBefore, wanted.issuedBefore) }
}

function latest(one: EpochMs, other: EpochMs): EpochMs {
  return one > other ? one : other
}

function record(
  action: 'created' | 'updated',
  objectId: string,
  before: AuditDraft['before'],
  after: AuditDraft['after'],
): AuditDraft {
  return { action, objectType: 'TokenRevocation', objectId, before, after }
}
