import type { TeamId } from '../../domain/ids.ts'
import type { Scope } from '../../ports/registry.ts'
import type { Ask } from '../ports.ts'
import { managerOf, teamIdOf } from '../../domain/principal.ts'
import { scopeOf } from '../scope-of.ts'

/** Which lines a caller sees. `permission`: the route by which a team lets its plain members see the lines of all. */
export function spendScopeOf({ reach, principal }: Ask, permission: string): Scope {
  const scope = scopeOf(reach)
  if (scope.sees === 'all' || principal.kind === 'master') return scope
  const teams = managerOf(principal)?.teams ?? []
  const letting = teams.filter(({ permissions }) => permissions.includes(permission)).map(({ teamId }) => teamId)
  return { ...scope, teams: [...new Set([...scope.teams, ...letting])] }
}

/** Teams that the caller belongs to in any way, also by the key. */
export function belongsToTeam({ principal }: Ask, id: TeamId): boolean {
  if (principal.kind === 'master') return false
  return teamIdOf(principal) === id || (managerOf(principal)?.teams.some(({ teamId }) => teamId === id) ?? false)
}
