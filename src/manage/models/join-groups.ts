import type { AuditDraft, AuditObject } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseOrganizationId, parseTeamId } from '../../domain/ids.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Organization } from '../../domain/organization.ts'
import { reachesOrganization, reachesTeam } from '../../domain/scope.ts'
import type { TeamRole } from '../../domain/role.ts'
import type { Team } from '../../domain/team.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeRow } from '../describe-change.ts'
import { reviseOwnBudget, saveBudget } from '../budgets/own-budget.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { foreign } from '../refuse.ts'

/** A team that a new user joins. */
export interface TeamWish {
  readonly id: string
  readonly role: TeamRole | undefined
  readonly maxBudget: number | null | undefined
}

/** What a new user joins, as it is on record. */
export interface Groups {
  readonly teams: readonly { readonly team: Team; readonly wish: TeamWish }[]
  readonly organizations: readonly Organization[]
}

/** Teams and organisations by name. Those beyond the caller's reach are as absent as those that never were. */
export async function findGroups(
  teamWishes: readonly TeamWish[],
  organizationNames: readonly string[],
  ask: Ask,
  rooms: Rooms,
): Promise<Decision<Groups>> {
  const teams: { team: Team; wish: TeamWish }[] = []
  for (const wish of new Map(teamWishes.toReversed().map((each) => [each.id, each])).values()) {
    const id = parseTeamId(wish.id)
    const team = id === undefined ? undefined : await rooms.teams.find(id)
    const absent = deny('team-not-found', 'object_denied', `Team not found, passed team_id=${wish.id}`)
    if (team === undefined) return absent
    if (!reachesTeam(ask.reach, team)) return foreign(absent)
    teams.push({ team, wish })
  }
  const organizations: Organization[] = []
  for (const name of new Set(organizationNames)) {
    const id = parseOrganizationId(name)
    const organization = id === undefined ? undefined : await rooms.organizations.find(id)
    const say = `Organization not found, passed organization_id=${name}`
    const absent = deny('organization-not-found', 'object_denied', say)
    if (organization === undefined) return absent
    if (!reachesOrganization(ask.reach, organization.id)) return foreign(absent)
    organizations.push(organization)
  }
  return allow({ teams, organizations })
}

/** Makes a new user a member. */
export async function joinGroups(
  userId: UserId,
  groups: Groups,
  organizationRole: 'internal_user' | 'internal_user_viewer',
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<readonly AuditDraft[]>> {
  const records: AuditDraft[] = []
  for (const { team, wish } of groups.teams) {
    const own = reviseOwnBudget(undefined, { maxBudget: wish.maxBudget }, ask, ports)
    if (own.verdict === 'deny') return own
    const hasOwn = own.granted.limits.maxBudget !== undefined
    if (hasOwn) records.push(await saveBudget(own.granted, undefined, rooms))
    const budgetId = hasOwn ? own.granted.id : team.memberBudgetId
    const member = { teamId: team.id, userId, role: wish.role ?? 'user', budgetId }
    await rooms.teamMembers.insert(member)
    records.push(joined('LiteLLM_TeamMembership', `${team.id}/${userId}`, member))
  }
  for (const { id } of groups.organizations) {
    const member = { organizationId: id, userId, role: organizationRole, budgetId: undefined }
    await rooms.organizationMembers.insert(member)
    records.push(joined('LiteLLM_OrganizationMembership', `${id}/${userId}`, member))
  }
  return allow(records)
}

function joined(objectType: AuditObject, objectId: string, member: object): AuditDraft {
  return { action: 'created', objectType, objectId, before: {}, after: describeRow(member) }
}
