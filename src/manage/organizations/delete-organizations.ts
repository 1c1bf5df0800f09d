import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { AuditDraft } from '../../domain/audit-record.ts'
import { parseOrganizationId } from '../../domain/ids.ts'
import type { OrganizationId } from '../../domain/ids.ts'
import type { Organization } from '../../domain/organization.ts'
import { reachesOrganization } from '../../domain/scope.ts'
import type { Rooms } from '../../ports/registry.ts'
import { razeKeys, razeTeams } from '../teams/delete-teams.ts'
import { gone } from '../describe-change.ts'
import { organizationMembershipRecord } from './organization-members.ts'
import { dropOwnBudgets } from '../budgets/own-budget.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { organizationNotFound } from '../teams/refuse-teams.ts'
import { foreign } from '../refuse.ts'
import { withCascade } from '../with-cascade.ts'

/** All or none, with their teams, memberships and keys. The answer is the rows that were there. */
export async function deleteOrganizations(
  names: readonly string[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly Organization[]>> {
  const ids = new Set<OrganizationId>()
  for (const name of names) {
    const id = parseOrganizationId(name)
    if (id === undefined) return organizationNotFound(name)
    ids.add(id)
  }
  const objectId = [...ids].join(',')
  const about = { action: 'deleted', objectType: 'LiteLLM_OrganizationTable', objectId } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const found = await rooms.organizations.findMany([...ids])
    const within = new Set(found.filter(({ id }) => reachesOrganization(ask.reach, id)).map(({ id }) => id))
    const missing = [...ids].find((id) => !within.has(id))
    if (missing !== undefined) {
      return within.size < found.length ? foreign(organizationNotFound(missing)) : organizationNotFound(missing)
    }
    const records: AuditDraft[] = []
    for (const organization of found) records.push(await raze(organization, rooms, ask))
    return allow({ outcome: found, records })
  })
}

async function raze(organization: Organization, rooms: Rooms, ask: Ask): Promise<AuditDraft> {
  const { id, budgetId } = organization
  const ofTeams = await razeTeams(await rooms.teams.ofOrganization(id), rooms, ask)
  const ofKeys = await razeKeys(await rooms.keys.ofOrganization(id), rooms, ask)
  const members = await rooms.organizationMembers.ofOrganizations([id])
  for (const { userId } of members) await rooms.organizationMembers.delete(id, userId)
  await rooms.organizations.delete([id])
  await dropOwnBudgets([budgetId, ...members.map((member) => member.budgetId)], rooms)
  return withCascade(gone('LiteLLM_OrganizationTable', id, organization), [
    ...ofTeams,
    ...ofKeys,
    ...members.map((member) => organizationMembershipRecord('deleted', member)),
  ])
}
