import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Bearer, KeyPrincipal } from '../../domain/principal.ts'
import type { Team } from '../../domain/team.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { decideTeamRoute } from './decide-team-route.ts'
import { claimedTeams } from './find-token-team.ts'

/**
 * INV-05: a key that a token registered serves nobody but the user that it was registered for, and a team only as long as
 * the token may act for it, and on the routes that tokens with a team have (D-14). What an administrator made or changed
 * is that one's own word.
 */
export function decideRegisteredKey(
  { key, standing }: Pick<KeyPrincipal, 'key' | 'standing'>,
  bearer: Pick<Bearer, 'facts' | 'user'>,
  policy: Pick<TokenPolicy, 'defaultTeam' | 'syncs' | 'teamRoutes'>,
  route: RouteFacts,
): Decision<undefined> {
  if (bearer.user?.user.id !== key.userId) {
    return deny(
      'token-denied',
      'jwt_key_unmapped',
      'JWT Key Mapping: The key of this client was registered for another user. Access denied.',
    )
  }
  const { team } = standing
  if (team === undefined) return allow(undefined)
  if (mayActFor(team, bearer, policy)) {
    return bearer.user?.user.role === 'proxy_admin' ? allow(undefined) : decideTeamRoute(team, policy, route, undefined)
  }
  return deny(
    'token-denied',
    'team_not_in_token',
    'JWT Key Mapping: The token no longer leads to the team of its key. Access denied.',
  )
}

/** By a claim, as the default, or as a member; a membership that tokens rule is as good as the token that rules it. */
function mayActFor(
  { id, alias }: Team,
  { facts, user }: Pick<Bearer, 'facts' | 'user'>,
  { defaultTeam, syncs }: Pick<TokenPolicy, 'defaultTeam' | 'syncs'>,
): boolean {
  if (claimedTeams(facts).includes(id) || defaultTeam === id) return true
  if (alias !== undefined && facts.teamAlias === alias) return true
  const membership = user?.teams.find(({ teamId }) => teamId === id)
  return membership !== undefined && !(syncs && membership.source === facts.issuer)
}
