import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Budget } from '../../domain/budget.ts'
import { parseOrganizationId } from '../../domain/ids.ts'
import type { Organization } from '../../domain/organization.ts'
import { reachesOrganization } from '../../domain/scope.ts'
import type { Rooms } from '../../ports/registry.ts'
import type { Ask } from '../ports.ts'
import { organizationNotFound } from './refuse-teams.ts'
import { foreign } from '../refuse.ts'
import type { Authority } from './team-authority.ts'

/** The organisation that a team is made in or moved to, and as what the caller may do that. */
export interface TeamHome {
  readonly organization: Organization | undefined
  readonly organizationBudget: Budget | undefined
  readonly authority: Authority
}

export async function homeOf(
  name: string | undefined,
  { reach }: Ask,
  rooms: Pick<Rooms, 'organizations' | 'budgets'>,
): Promise<Decision<TeamHome>> {
  const authority = reach.scope === 'all' ? 'proxy' : 'organization'
  if (name === undefined) {
    if (authority === 'proxy') return allow({ organization: undefined, organizationBudget: undefined, authority })
    const say = 'Passed organization_id is None, please pass an organization_id in your request'
    return deny('admin-only', 'authz_role', say)
  }
  const id = parseOrganizationId(name)
  const organization = id === undefined ? undefined : await rooms.organizations.find(id)
  if (organization === undefined) return organizationNotFound(name)
  if (!reachesOrganization(reach, organization.id)) return foreign(organizationNotFound(name))
  return allow({ organization, organizationBudget: await rooms.budgets.find(organization.budgetId), authority })
}
