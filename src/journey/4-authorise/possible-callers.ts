import { isTokenPrincipal } from '../../domain/principal.ts'
import type { Principal, TokenPrincipal } from '../../domain/principal.ts'

/** The same caller with one of the teams between which the token leaves the choice. */
export function possibleCallers(principal: Principal): readonly Principal[] {
  if (!isTokenPrincipal(principal) || principal.openTeams.length === 0) return [principal]
  return principal.openTeams.map((ground): TokenPrincipal => ({
    ...principal,
    standing: {
      user: principal.standing.user,
      team: ground.team,
      organization: ground.organization,
      memberModels: ground.memberModels,
    },
    membership: ground.membership,
    openTeams: [],
  }))
}
