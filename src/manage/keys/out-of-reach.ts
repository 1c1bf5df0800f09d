import { deny } from '../../domain/decision.ts'
import type { Denied } from '../../domain/decision.ts'
import { forbidsMembers, reachesKey } from '../../domain/scope.ts'
import type { KeyPlace } from '../../domain/scope.ts'
import type { Ask } from '../ports.ts'
import { foreign, notYoursToMake } from '../refuse.ts'

/** A key that the caller may look at is there; what its team does not let its members do is told. Any other is absent. */
export function outOfReach(key: KeyPlace, { reach, origin }: Ask, absent: Denied): Denied {
  if (!reachesKey(reach, key, '/key/info')) return foreign(absent)
  return membersMayNot(origin.route)
}

/**
 * A plain member who asks for a key of the team's or of their own is told that the team decides. Places that are somebody
 * else's and that are not there are one.
 */
export function notYoursHere({ teamId, userId }: KeyPlace, permission: string, { reach }: Ask): Denied {
  if (reach.scope === 'all' || teamId === undefined) return notYoursToMake()
  const isForOthers = userId !== undefined && userId !== reach.userId
  return !isForOthers && forbidsMembers(reach, teamId, permission) ? membersMayNot(permission) : notYoursToMake()
}

function membersMayNot(permission: string): Denied {
  return deny(
    'member-permission-missing',
    'object_denied',
    `Team member does not have permissions for endpoint: ${permission}. Its team does not let its members do this.`,
  )
}
