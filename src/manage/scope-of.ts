import type { TeamId } from '../domain/ids.ts'
import type { Reach } from '../domain/reach.ts'
import type { Scope } from '../ports/registry.ts'

/** What a reach sees, for queries. `permission`: the route by which a team may let its plain members see its keys. */
export const KEY_LIST = '/key/list'

export function scopeOf(reach: Reach, permission?: string): Scope {
  if (reach.scope === 'all') return { sees: 'all' }
  return {
    sees: 'some',
    organizations: [...reach.organizations],
    teams: teamsOf(reach, permission),
    userId: reach.userId,
    keyDigest: reach.keyDigest,
  }
}

export function teamsOf(reach: Reach, permission?: string): readonly TeamId[] {
  if (reach.scope === 'all') return []
  const letting = [...reach.memberTeams].filter(
    ([, permissions]) => permission !== undefined && permissions.includes(permission),
  )
  return [...new Set([...reach.adminTeams, ...letting.map(([team]) => team)])]
}
