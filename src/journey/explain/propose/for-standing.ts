import { addDuration, parseDuration } from '../../../domain/duration.ts'
import { epochMs, parseEndUserId } from '../../../domain/ids.ts'
import type { EpochMs } from '../../../domain/ids.ts'
import { membershipOf, teamIdOf, userIdOf } from '../../../domain/principal.ts'
import { activateUser, makeUser, prolongKey, unblockCustomer, unblockKey, unblockUser } from '../change-people.ts'
import { addMember, makeTeam, unblockTeam } from '../change-groups.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

export function forBlockedKey({ key }: Situation): readonly Change[] {
  return key === undefined ? [] : [unblockKey(key)]
}

export function forExpiredKey({ key, now, keyBounds }: Situation): readonly Change[] {
  return key === undefined ? [] : [prolongKey(key, ...longerLife(now, keyBounds.duration))]
}

const DAY_MS = 86_400_000

/** A day, unless the operator gives keys less. */
function longerLife(now: EpochMs, most: string | undefined): readonly [duration: string, expiresAt: EpochMs] {
  const tomorrow = epochMs(now + DAY_MS)
  const bound = most === undefined ? undefined : parseDuration(most)
  const latest = bound === undefined ? tomorrow : addDuration(now, bound)
  return most !== undefined && latest < tomorrow ? [most, latest] : ['1d', tomorrow]
}

/** Whoever the credential hangs on is gone, blocked, or no longer a member. */
export function forStanding({ principal, now, userDefaults }: Situation): readonly Change[] {
  if (principal === undefined || principal.kind === 'master') return []
  const { user, team } = principal.standing
  const userId = userIdOf(principal)
  const teamId = teamIdOf(principal)
  if (userId !== undefined && user === undefined) return [makeUser(userId, 'internal_user', { now, userDefaults })]
  if (user?.user.blocked === true) return [unblockUser(user.user.id)]
  if (user?.user.metadata['scim_active'] === false) return [activateUser(user.user)]
  if (teamId !== undefined && team === undefined) return [makeTeam(teamId, now)]
  if (team?.blocked === true) return [unblockTeam(team)]
  const bearer = principal.kind === 'virtual-key' ? principal.bearer?.user : undefined
  if (bearer?.user.blocked === true) return [unblockUser(bearer.user.id)]
  if (bearer?.user.metadata['scim_active'] === false) return [activateUser(bearer.user)]
  if (teamId === undefined || userId === undefined || membershipOf(principal) !== undefined) return []
  return [addMember(teamId, userId, team)]
}

export async function forCustomer({ step, directory }: Situation): Promise<readonly Change[]> {
  const { end_user: named } = step.inputs
  const id = typeof named === 'string' ? parseEndUserId(named) : undefined
  const endUser = id === undefined ? undefined : await directory.findEndUser(id)
  return endUser === undefined ? [] : [unblockCustomer(endUser)]
}
