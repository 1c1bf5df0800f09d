import type { KeyDigest, OrganizationId, TeamId, UserId } from './ids.ts'
import type { Reach, SomeReach } from './reach.ts'

/** Where a key belongs. */
export interface KeyPlace {
  readonly userId: UserId | undefined
  readonly teamId: TeamId | undefined
  /** Of the team, where the key is in one: never what a body says beside it. */
  readonly organizationId: OrganizationId | undefined
  readonly digest: KeyDigest
}

export interface TeamPlace {
  readonly id: TeamId
  readonly organizationId: OrganizationId | undefined
}

export interface UserPlace {
  readonly id: UserId
  /** Those with a membership of their own; a team adds its organisation. */
  readonly organizationIds: readonly OrganizationId[]
  readonly teams: readonly TeamPlace[]
}

/** Is the key within reach? `permission` is the route by which a team lets its members do this. */
export function reachesKey(reach: Reach, key: KeyPlace, permission: string): boolean {
  return reach.scope === 'all' || isOwnKey(reach, key) || reachesKeyThroughOthers(reach, key, permission)
}

/** To change a key's fields, one's own key must be personal: for one in a team the team decides. */
export function changesKey(reach: Reach, key: KeyPlace, permission: string): boolean {
  if (reach.scope === 'all') return reach.mayWrite
  return (isOwnKey(reach, key) && key.teamId === undefined) || reachesKeyThroughOthers(reach, key, permission)
}

/**
 * May a key be made in this place? A personal one for oneself; one in a team where the team lets its members, and then
 * for nobody else. Whether its future owner belongs to that team or organisation is asked with `reachesUser`.
 */
export function createsKey(reach: Reach, key: Omit<KeyPlace, 'digest'>, permission: string): boolean {
  if (reach.scope === 'all') return reach.mayWrite
  if (administersPlace(reach, key)) return true
  const isForOneself = key.userId !== undefined && key.userId === reach.userId
  if (key.teamId === undefined) return isForOneself && key.organizationId === undefined
  return (isForOneself || key.userId === undefined) && teamLets(reach, key.teamId, permission)
}

/** Is the caller a plain member of a team that does not let its members do this? */
export function forbidsMembers(reach: SomeReach, team: TeamId, permission: string): boolean {
  return reach.memberTeams.has(team) && !teamLets(reach, team, permission)
}

/** Is the team one that the caller administers? */
export function reachesTeam(reach: Reach, team: TeamPlace): boolean {
  return reach.scope === 'all' || administersPlace(reach, { teamId: team.id, organizationId: team.organizationId })
}

/** Is the team the caller's, also as a plain member or as the team's key? To look at, without what is other members'. */
export function reachesOwnTeam(reach: Reach, team: TeamPlace): boolean {
  if (reachesTeam(reach, team)) return true
  return reach.scope === 'some' && (reach.memberTeams.has(team.id) || reach.keyTeamId === team.id)
}

/** May the caller look at the user? */
export function reachesUser(reach: Reach, user: UserPlace): boolean {
  if (reach.scope === 'all' || reach.userId === user.id) return true
  return (
    user.organizationIds.some((id) => reach.organizations.has(id)) ||
    user.teams.some((team) => reachesTeam(reach, team))
  )
}

/**
 * May the caller change the user? Organisation admins only where nobody else has a say in the user: each membership, also
 * in a team, is in an organisation of theirs. A user without any is nobody's but the proxy administrators'.
 */
export function changesUser(reach: Reach, user: UserPlace): boolean {
  if (reach.scope === 'all') return reach.mayWrite
  if (reach.userId === user.id) return true
  const places = [...user.organizationIds, ...user.teams.map(({ organizationId }) => organizationId)]
  return places.length > 0 && places.every((id) => id !== undefined && reach.organizations.has(id))
}

export function reachesOrganization(reach: Reach, id: OrganizationId): boolean {
  return reach.scope === 'all' || reach.organizations.has(id)
}

function isOwnKey(reach: SomeReach, key: KeyPlace): boolean {
  return (key.userId !== undefined && key.userId === reach.userId) || key.digest === reach.keyDigest
}

function reachesKeyThroughOthers(reach: SomeReach, key: KeyPlace, permission: string): boolean {
  if (administersPlace(reach, key)) return true
  return key.teamId !== undefined && teamLets(reach, key.teamId, permission)
}

interface Place {
  readonly teamId: TeamId | undefined
  readonly organizationId: OrganizationId | undefined
}

function administersPlace(reach: SomeReach, { teamId, organizationId }: Place): boolean {
  if (teamId !== undefined && reach.adminTeams.has(teamId)) return true
  return organizationId !== undefined && reach.organizations.has(organizationId)
}

/** One permission, by either of the names that the compatible API has for it. */
const ROTATIONS = ['/key/regenerate', '/key/{key_id}/regenerate']

function teamLets(reach: SomeReach, team: TeamId, permission: string): boolean {
  const permissions = reach.memberTeams.get(team) ?? []
  const names = permission.endsWith('/regenerate') ? ROTATIONS : [permission]
  return names.some((name) => permissions.includes(name))
}
