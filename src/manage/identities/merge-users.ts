import type { AuditDraft } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseUserId } from '../../domain/ids.ts'
import type { UserId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { restamped } from '../../domain/stamps.ts'
import type { User } from '../../domain/user.ts'
import type { MergeCandidate, Rooms, UserHoldings, UserMerge } from '../../ports/registry.ts'
import { describeChange, describeRow } from '../describe-change.ts'
import { planMerge } from './plan-merge.ts'
import type { MergePlan } from './plan-merge.ts'
import { inheritCutOff } from '../revocations/keep-revocation.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { decideAccounts } from '../users/decide-accounts.ts'
import { userNotFound } from '../users/refuse-user.ts'
import { withCascade } from '../with-cascade.ts'
import { dropInvitations } from '../users/update-user.ts'

const MOST_CANDIDATES = 200

export interface Holder {
  readonly user: User
  readonly holdings: UserHoldings
  readonly spend: PicoUsd
}

export interface Candidate extends MergeCandidate {
  readonly survivor: Holder
  readonly duplicate: Holder
}

/** Pairs of rows that look like one person. Nothing is said about whether they are. */
export async function findMergeCandidates(ports: ManagePorts): Promise<readonly Candidate[]> {
  const { rooms } = ports.registry
  const pairs = await rooms.merges.candidates(MOST_CANDIDATES)
  const ids = [...new Set(pairs.flatMap(({ survivorId, duplicateId }) => [survivorId, duplicateId]))]
  const spend = await ports.ledger.spendOf('user', ids)
  const holders = new Map<UserId, Holder>()
  for (const user of await rooms.users.findMany(ids)) {
    const holdings = await rooms.merges.holdings(user.id)
    holders.set(user.id, { user, holdings, spend: spend.get(user.id) ?? NO_MONEY })
  }
  return pairs.flatMap((pair) => {
    const survivor = holders.get(pair.survivorId)
    const duplicate = holders.get(pair.duplicateId)
    return survivor === undefined || duplicate === undefined ? [] : [{ ...pair, survivor, duplicate }]
  })
}

export interface MergeOrder {
  readonly survivor: string
  readonly duplicate: string
}

/** What the order would do, without doing it. */
export async function previewMerge(order: MergeOrder, ask: Ask, ports: ManagePorts): Promise<Decision<MergePlan>> {
  return planOf(order, ask, ports.registry.rooms, ports)
}

export interface MergedUsers extends MergePlan {
  readonly mergeId: string
}

export async function mergeUsers(order: MergeOrder, ask: Ask, ports: ManagePorts): Promise<Decision<MergedUsers>> {
  const mergeId = ports.newId()
  const about = { action: 'updated', objectType: 'LiteLLM_UserTable', objectId: order.survivor } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const planned = await planOf(order, ask, rooms, ports)
    if (planned.verdict === 'deny') return planned
    const plan = planned.granted
    const { survivor, duplicate, holdings } = plan
    // S-10: an invitation to a plain user opens no account of an administrator.
    if (survivor.role.startsWith('proxy_admin')) await dropInvitations(duplicate.id, rooms)
    const merged = restamped(plan.merged, changer(ask), ports.clock.now())
    await rooms.merges.merge(merged, duplicate.id, mergeId, changer(ask))
    const change = describeChange(survivor, merged)
    const record: AuditDraft = {
      ...about,
      before: { ...change.before, duplicate: describeRow(duplicate), moved: told(holdings) },
      after: { ...change.after, mergeId, mergedId: duplicate.id },
    }
    const cutOff = await inheritCutOff(duplicate.id, survivor.id, ask, rooms, ports)
    if (cutOff.verdict === 'deny') return cutOff
    return allow({ outcome: { ...plan, merged, mergeId }, records: [withCascade(record, cutOff.granted)] })
  })
}

/** The way back, as far as what went over is still where the merge put it. */
export async function undoUserMerge(mergeId: string, ask: Ask, ports: ManagePorts): Promise<Decision<UserMerge>> {
  const about = { action: 'updated', objectType: 'LiteLLM_UserTable', objectId: mergeId } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const merge = await rooms.merges.find(mergeId)
    if (merge === undefined) return deny('merge-not-found', 'principal_unknown')
    if (merge.isUndone) return deny('merge-over', 'param_type', 'The merge was undone already.')
    if ((await rooms.merges.undo(mergeId, changer(ask))) === 'entangled') {
      return deny('merge-over', 'param_type', 'The survivor was merged or deleted since. Undo that first.')
    }
    const [parted, stays] = [await rooms.users.find(merge.duplicateId), await rooms.users.find(merge.survivorId)]
    const opened = [parted, stays].filter((user) => user !== undefined)
    const may = await decideAccounts(opened, ask, rooms, ports)
    if (may.verdict === 'deny') return may
    const record: AuditDraft = {
      ...about,
      objectId: merge.survivorId,
      before: { mergeId, mergedId: merge.duplicateId },
      after: {
        duplicate: parted === undefined ? {} : describeRow(parted),
        moved: told(await rooms.merges.holdings(merge.duplicateId)),
      },
    }
    return allow({ outcome: merge, records: [record] })
  })
}

/** Both rows are locked, in one order. */
async function planOf(
  { survivor, duplicate }: MergeOrder,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<MergePlan>> {
  const ids = [survivor, duplicate].map(parseUserId).filter((id) => id !== undefined)
  const found = new Map<string, User>((await rooms.users.findMany(ids)).map((user) => [user.id, user]))
  const [stays, goes] = [found.get(survivor), found.get(duplicate)]
  if (stays === undefined) return userNotFound(survivor, ask.reach)
  if (goes === undefined) return userNotFound(duplicate, ask.reach)
  // What goes over has the survivor's rights at once, and those of the other one when it comes back.
  const may = await decideAccounts([stays, goes], ask, rooms, ports)
  if (may.verdict === 'deny') return may
  return planMerge(stays, goes, rooms)
}

function told({ keys, teams, organizations, invitations, identities }: UserHoldings): JsonObject {
  return {
    keys,
    teams,
    organizations,
    invitations,
    identities: identities.map(({ issuer, subject }) => ({ issuer, subject })),
  }
}
