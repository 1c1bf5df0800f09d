import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Limits } from '../../domain/limits.ts'
import { MASTER_USER_ID } from '../../domain/principal.ts'
import type { User } from '../../domain/user.ts'
import type { Rooms, UserHoldings } from '../../ports/registry.ts'
import { malformed } from '../refuse.ts'
import { lastAdmin } from '../users/refuse-user.ts'

export interface MergePlan {
  readonly survivor: User
  readonly duplicate: User
  /** The survivor's row afterwards. */
  readonly merged: User
  /** What goes over. */
  readonly holdings: UserHoldings
  /** What whoever decides should know. */
  readonly notes: readonly string[]
}

/** What a merge would come to, or why there must be none. */
export async function planMerge(survivor: User, duplicate: User, rooms: Rooms): Promise<Decision<MergePlan>> {
  if (survivor.id === duplicate.id) return malformed('A user cannot be merged into itself.')
  if (survivor.id === MASTER_USER_ID || duplicate.id === MASTER_USER_ID) {
    return malformed(`The user ${MASTER_USER_ID} stands for the master key and cannot be merged.`)
  }
  const merged = mergedRow(survivor, duplicate)
  const losesAdmin = (isActiveAdmin(survivor) || isActiveAdmin(duplicate)) && !isActiveAdmin(merged)
  if (losesAdmin && (await rooms.users.countOtherAdmins([survivor.id, duplicate.id])) === 0) return lastAdmin()
  const holdings = await rooms.merges.holdings(duplicate.id)
  return allow({ survivor, duplicate, merged, holdings, notes: notesOn(survivor, duplicate, holdings) })
}

/**
 * The survivor stays who it is. It takes over what it has not, so that no limit is lost on the way; and whoever was
 * blocked or deactivated under one of the two ids is so.
 */
function mergedRow(survivor: User, duplicate: User): User {
  const blocking = survivor.blocked ? survivor : duplicate
  return {
    ...survivor,
    email: survivor.email ?? duplicate.email,
    ssoUserId: survivor.ssoUserId ?? duplicate.ssoUserId,
    blocked: blocking.blocked,
    blockedByRole: blocking.blockedByRole,
    metadata: isDeactivated(duplicate) ? { ...survivor.metadata, scim_active: false } : survivor.metadata,
    limits: mergedLimits(survivor.limits, duplicate.limits),
  }
}

function mergedLimits(mine: Limits, theirs: Limits): Limits {
  const money = mine.maxBudget === undefined ? theirs : mine
  return {
    // An amount means something only together with its period.
    maxBudget: money.maxBudget,
    window: money.maxBudget === undefined ? mine.window : money.window,
    perWindow: [...theirs.perWindow, ...mine.perWindow],
    softBudget: mine.softBudget ?? theirs.softBudget,
    tokensPerMinute: mine.tokensPerMinute ?? theirs.tokensPerMinute,
    requestsPerMinute: mine.requestsPerMinute ?? theirs.requestsPerMinute,
    parallelRequests: mine.parallelRequests ?? theirs.parallelRequests,
    perModel: {
      maxBudget: { ...theirs.perModel.maxBudget, ...mine.perModel.maxBudget },
      tokensPerMinute: eachOf(mine.perModel.tokensPerMinute, theirs.perModel.tokensPerMinute),
      requestsPerMinute: eachOf(mine.perModel.requestsPerMinute, theirs.perModel.requestsPerMinute),
    },
  }
}

type PerModel = Readonly<Record<string, number>> | undefined

function eachOf(mine: PerModel, theirs: PerModel): PerModel {
  return mine === undefined && theirs === undefined ? undefined : { ...theirs, ...mine }
}

function isActiveAdmin(user: User): boolean {
  return user.role === 'proxy_admin' && !user.blocked && !isDeactivated(user)
}

function isDeactivated({ metadata }: User): boolean {
  return metadata['scim_active'] === false
}

function notesOn(survivor: User, duplicate: User, { keys, invitations }: UserHoldings): readonly string[] {
  const notes: string[] = []
  if (survivor.role !== duplicate.role) {
    const gained = keys.length === 0 ? '' : ` Keys that go over act with the role ${survivor.role} from then on.`
    notes.push(`The survivor is ${survivor.role}, the duplicate ${duplicate.role}; the survivor's role stays.${gained}`)
  }
  if (survivor.blocked !== duplicate.blocked) notes.push('One of the two is blocked; the survivor will be.')
  if (isDeactivated(survivor) !== isDeactivated(duplicate)) {
    notes.push('One of the two is deactivated; the survivor will be.')
  }
  if (keys.length > 0 && survivor.models.length === 0 && duplicate.models.length > 0) {
    notes.push("The survivor's list of models stays; keys that go over may call all models that it leaves open.")
  }
  if (invitations.length > 0) {
    const ends = survivor.role.startsWith('proxy_admin')
    notes.push(`Open invitations of the duplicate ${ends ? 'end' : 'will open the account of the survivor'}.`)
  }
  return notes
}
