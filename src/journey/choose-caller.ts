import type { Denied } from '../domain/decision.ts'
import type { ModelCatalogue } from '../domain/model-catalogue.ts'
import { isTokenPrincipal } from '../domain/principal.ts'
import type { TokenPrincipal } from '../domain/principal.ts'
import type { TokenPolicy } from '../domain/token-settings.ts'
import type { RouteFacts } from './1-intake/arrival.ts'
import { chooseTeam } from './4-authorise/choose-team.ts'
import { mayUseModel } from './4-authorise/decide-model-access.ts'
import { decidePassThrough, isPassThrough } from './4-authorise/decide-pass-through.ts'
import { decideStanding } from './4-authorise/decide-standing.ts'
import { registerKey } from './4-authorise/register-key.ts'
import type { TokenCaller } from './4-authorise/settle-team.ts'
import { describeStanding } from './describe-decision.ts'
import type { Caller } from './tokens/identify-token.ts'
import type { JourneyPorts } from './journey-ports.ts'
import { Recollections } from './tokens/recollections.ts'

/** As whom each remembered caller called the model that it asked for last. */
const choices = new Recollections<
  TokenPrincipal,
  readonly [TokenPolicy, ModelCatalogue, RouteFacts, string | undefined],
  Caller
>()

interface ChoicePorts extends Pick<JourneyPorts, 'tokens' | 'catalogue' | 'trail'> {
  readonly settings: Pick<JourneyPorts['settings'], 'routes'>
}

/** Closes the choice that a token with several teams leaves open, by the model that is asked for. */
export function chooseCaller(
  identity: Caller,
  model: string | undefined,
  route: RouteFacts,
  ports: ChoicePorts,
): Caller | Denied {
  const { granted: principal, effects } = identity
  const { tokens, trail } = ports
  if (!isTokenPrincipal(principal) || tokens === undefined) return identity
  const of = [tokens.policy, ports.catalogue(), route, model] as const
  const recalled = trail === undefined && effects.length === 0 ? choices.recall(principal, ...of) : undefined
  if (recalled !== undefined) return recalled
  const chosen = settleCaller({ principal, effects }, model, route, tokens.policy, ports)
  if (chosen.verdict === 'allow' && chosen.effects.length === 0) choices.keep(principal, of, chosen)
  return chosen
}

function settleCaller(
  caller: TokenCaller,
  model: string | undefined,
  route: RouteFacts,
  policy: TokenPolicy,
  { catalogue, trail, settings }: ChoicePorts,
): Caller | Denied {
  const mayUse = (one: TokenPrincipal, name: string): boolean => mayUseModel(one, name, catalogue())
  const chosen = chooseTeam(caller, model, route, policy, mayUse)
  trail?.note('team', chosen, { model: model ?? null })
  if (chosen.verdict === 'deny') return chosen
  const { granted } = chosen
  trail?.caller(granted.principal)
  const standing = decideStanding(granted.principal)
  trail?.note('standing', standing, describeStanding(granted.principal))
  if (standing.verdict === 'deny') return standing
  if (isPassThrough(route)) {
    const passes = decidePassThrough(granted.principal, route, settings.routes.opensPassThrough)
    if (passes.verdict === 'deny') return passes
  }
  return { ...standing, effects: [...granted.effects, ...registerKey(granted.principal)] }
}
