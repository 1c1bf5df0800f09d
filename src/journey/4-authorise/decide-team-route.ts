import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Team } from '../../domain/team.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { shown } from '../../domain/shown-text.ts'
import { isPassThrough, namesPassThrough } from './decide-pass-through.ts'
import { listCovers } from './token-limits.ts'

/** May a token call this route for this team, whichever way the team was found? */
export function decideTeamRoute(
  team: Team,
  policy: Pick<TokenPolicy, 'teamRoutes'>,
  route: RouteFacts,
  header: string | undefined,
): Decision<undefined> {
  if (listCovers(policy.teamRoutes, route)) return allow(undefined)
  if (isPassThrough(route)) {
    if (namesPassThrough(team.allowedPassThroughRoutes, route.path)) return allow(undefined)
    return deny(
      'token-denied',
      'jwt_team_route',
      `Team not allowed to access passthrough route ${route.path}. Configure \`allowed_passthrough_routes\` on the team.`,
    )
  }
  const name = header === undefined ? `'${team.id}'` : `'${shown(header)}' (from x-litellm-team-id header)`
  return deny('token-denied', 'jwt_team_route', `Team ${name} is not allowed to access route '${route.path}'.`)
}
