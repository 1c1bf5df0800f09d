import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { TokenPrincipal } from '../../domain/principal.ts'
import type { Provision } from '../../domain/provision.ts'
import type { TeamGround } from '../../domain/token-ground.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { decideTeamRoute } from './decide-team-route.ts'
import { routesInTeam } from './token-limits.ts'
import { joinTeam } from './sync-token-user.ts'
import { nobody, noTeamsInToken } from './token-denials.ts'

/** Who a token makes its bearer, and what is to be done for it once the whole decision stands. */
export interface TokenCaller {
  readonly principal: TokenPrincipal
  readonly effects: readonly Provision[]
}

export interface TeamAsk {
  readonly policy: TokenPolicy
  readonly route: RouteFacts
  /** Where the header chose the team. */
  readonly header?: string | undefined
}

/** Ends the choice of a team, and asks what every token is asked whose team is known. */
export function settleTeam(
  caller: TokenCaller,
  ground: TeamGround | undefined,
  by: 'claim' | 'default' | 'header' | 'stored',
  { policy, route, header }: TeamAsk,
): Decision<TokenCaller> {
  if (ground === undefined) return settleWithout(caller, policy)
  const { principal } = caller
  if (principal.admin === undefined) {
    const may = decideTeamRoute(ground.team, policy, route, header)
    if (may.verdict === 'deny') return may
  }
  const bound =
    principal.admin === undefined ? { ...principal, routes: routesInTeam(principal.routes, policy) } : principal
  const joins = by === 'claim' && policy.writesMemberships && !principal.facts.isObjectTeam
  const after = joins ? joined({ ...caller, principal: bound }, ground) : { ...caller, principal: bound }
  return allow({ ...after, principal: actingFor(after.principal, ground) })
}

function settleWithout(caller: TokenCaller, policy: TokenPolicy): Decision<TokenCaller> {
  if (policy.needsTeam) return noTeamsInToken()
  const { standing, admin } = caller.principal
  if (standing.user === undefined && admin === undefined) return nobody(policy.needsSomebody)
  return allow({ ...caller, principal: { ...caller.principal, choice: undefined } })
}

function joined(caller: TokenCaller, ground: TeamGround): TokenCaller {
  const { principal } = caller
  const { user } = principal.standing
  const isNew = caller.effects.some(({ make }) => make === 'user')
  const after = joinTeam({ user, isNew, effects: caller.effects }, ground, principal.facts.issuer)
  return {
    principal: { ...principal, standing: { ...principal.standing, user: after.user } },
    effects: after.effects,
  }
}

/** The same caller, acting for this team. An organisation that the token names goes before the team's. */
export function actingFor(principal: TokenPrincipal, ground: TeamGround): TokenPrincipal {
  const { user, organization } = principal.standing
  const membership = user?.teams.find(({ teamId }) => teamId === ground.team.id)
  const joins = membership !== undefined && ground.membership === undefined
  return {
    ...principal,
    standing: {
      user,
      team: ground.team,
      organization: organization ?? ground.organization,
      memberModels: joins ? ground.team.defaultMemberModels : ground.memberModels,
    },
    membership,
    choice: undefined,
  }
}
