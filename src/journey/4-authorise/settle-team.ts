import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { TokenPrincipal, Standing } from '../../domain/principal.ts'
import type { Provision } from '../../domain/provision.ts'
import type { TeamGround } from '../../domain/token-ground.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { decideTeamRoute } from './decide-team-route.ts'
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
  if (caller.principal.admin === undefined) {
    const may = decideTeamRoute(ground.team, policy, route, header)
    if (may.verdict === 'deny') return may
  }
  const joins = by === 'claim' && policy.writesMemberships && !caller.principal.facts.isObjectTeam
  return allow(withTeam(joins ? joined(caller, ground) : caller, ground))
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

function withTeam(caller: TokenCaller, ground: TeamGround): TokenCaller {
  const { principal } = caller
  const standing = standingIn(principal.standing, ground)
  const membership = standing.user?.teams.find(({ teamId }) => teamId === ground.team.id)
  return { ...caller, principal: { ...principal, standing, membership, choice: undefined } }
}

/** The caller's standing with this team. An organisation that the token names goes before the team's. */
export function standingIn(standing: Standing, ground: TeamGround): Standing {
  const isMember = standing.user?.teams.some(({ teamId }) => teamId === ground.team.id) === true
  const joins = isMember && ground.membership === undefined
  return {
    user: standing.user,
    team: ground.team,
    organization: standing.organization ?? ground.organization,
    memberModels: joins ? ground.team.defaultMemberModels : ground.memberModels,
  }
}
