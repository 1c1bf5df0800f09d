import type { Reach } from '../../domain/reach.ts'
import type { TeamPlace } from '../../domain/scope.ts'

/** As what somebody administers a team: the highest of the ways. */
export type Authority = 'proxy' | 'organization' | 'team'

export function authorityOver(reach: Reach, { id, organizationId }: TeamPlace): Authority | undefined {
  if (reach.scope === 'all') return 'proxy'
  if (organizationId !== undefined && reach.organizations.has(organizationId)) return 'organization'
  return reach.adminTeams.has(id) ? 'team' : undefined
}
