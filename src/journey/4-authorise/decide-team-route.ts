import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Team } from '../../domain/team.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { shown } from '../../domain/shown-text.ts'
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
    if (passThroughRoutes(team).some((entry) => isAtOrBelow(entry, route.path))) return allow(undefined)
    return deny(
      'token-denied',
      'jwt_team_route',
      `Team not allowed to access passthrough route ${route.path}. Configure \`allowed_passthrough_routes\` on the team.`,
    )
  }
  const name = header === undefined ? `'${team.id}'` : `'${shown(header)}' (from x-litellm-team-id header)`
  return deny('token-denied', 'jwt_team_route', `Team ${name} is not allowed to access route '${route.path}'.`)
}

function isPassThrough({ row }: RouteFacts): boolean {
  return row.id === 'pass-through-use'
}

/** What is not a list of texts opens nothing. */
function passThroughRoutes({ metadata }: Team): readonly string[] {
  const routes = metadata['allowed_passthrough_routes']
  return Array.isArray(routes) ? routes.filter((route) => typeof route === 'string') : []
}

function isAtOrBelow(entry: string, path: string): boolean {
  return entry !== '' && (path === entry || path.startsWith(`${entry}/`))
}
