import { parseEndUserId } from '../../../domain/ids.ts'
import { membershipOf, teamIdOf, userIdOf } from '../../../domain/principal.ts'
import { activateUser, makeUser, prolongKey, unblockCustomer, unblockKey, unblockUser } from '../change-people.ts'
import { addMember, makeTeam, unblockTeam } from '../change-groups.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

export function forBlockedKey({ key }: Situation): readonly Change[] {
  return key === undefined ? [] : [unblockKey(key)]
}

export function forExpiredKey({ key, now }: Situation): readonly Change[] {
  return key === undefined ? [] : [prolongKey(key, now)]
}

/** Whoever the credential hangs on is gone, blocked, or no longer a member. */
export function forStanding({ principal, now }: Situation): readonly Change[] {
  if (principal === undefined || principal.kind === 'master') return []
  const { user, team } = principal.standing
  const userId = userIdOf(principal)
  const teamId = teamIdOf(principal)
  if (userId !== undefined && user === undefined) return [makeUser(userId, 'internal_user', now)]
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
