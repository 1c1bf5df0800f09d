import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { TeamChoice, TokenPrincipal } from '../../domain/principal.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { decideTeamRoute } from './decide-team-route.ts'
import { actingFor, settleTeam } from './settle-team.ts'
import type { TokenCaller } from './settle-team.ts'
import { shown } from '../../domain/shown-text.ts'

/**
 * The first team, in order, that may call the route and use the model. Asked once the model is known; undefined: the
 * route has none. Hands back a caller whose team is settled, with what its choice adds to the effects.
 */
export function chooseTeam(
  caller: TokenCaller,
  model: string | undefined,
  route: RouteFacts,
  policy: TokenPolicy,
  mayUse: (principal: TokenPrincipal, model: string) => boolean,
): Decision<TokenCaller> {
  const { principal } = caller
  const { choice, admin } = principal
  if (choice === undefined) return allow(caller)

  const refusals: Denied[] = []
  for (const ground of choice.teams) {
    const may = admin === undefined ? decideTeamRoute(ground.team, policy, route, undefined) : allow(undefined)
    if (may.verdict === 'deny') refusals.push(may)
    else if (model === undefined || mayUse(actingFor(principal, ground), model)) {
      return settleTeam(caller, ground, choice.between === 'token' ? 'claim' : 'stored', { policy, route })
    }
  }

  const [refusal] = refusals
  if (refusal !== undefined && refusals.length === choice.teams.length) return refusal
  const denial = choice.between === 'token' ? noTeamOfToken(choice, model, policy) : noStoredTeam(choice, model, policy)
  return denial ?? settleTeam(caller, choice.instead, 'stored', { policy, route })
}

/** Teams that the token names and that are not there are advice where the operator says so, and no way around a team. */
function noTeamOfToken(choice: TeamChoice, model: string | undefined, policy: TokenPolicy): Denied | undefined {
  if (model === undefined || (choice.teams.length === 0 && policy.claimedTeamsAreAdvice)) return undefined
  return deny(
    'token-denied',
    'team_no_model',
    `No team has access to the requested model: ${shown(model)}. Check \`/models\` to see all available models.`,
  )
}

function noStoredTeam(choice: TeamChoice, model: string | undefined, policy: TokenPolicy): Denied | undefined {
  if (!policy.needsTeam) return undefined
  if (model === undefined || choice.teams.length === 0) {
    return deny(
      'token-denied',
      'team_required',
      'User is not a member of any team. Add the user to a team via the LiteLLM UI or API.',
    )
  }
  return deny(
    'token-denied',
    'team_no_model',
    `No team you are a member of has access to the requested model: ${shown(model)}. Check \`/models\` to see the models available to you.`,
  )
}
