import type { KeyPlace } from '../../domain/scope.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Rooms } from '../../ports/registry.ts'

/** Where a key belongs: the organisation of its team, or its own where it is in none. */
export async function placeOfKey(key: VirtualKey, rooms: Pick<Rooms, 'teams'>): Promise<KeyPlace> {
  const team = key.teamId === undefined ? undefined : await rooms.teams.find(key.teamId)
  return {
    userId: key.userId,
    teamId: key.teamId,
    organizationId: team === undefined ? key.organizationId : team.organizationId,
    digest: key.digest,
  }
}
