import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { isObject } from '../../domain/json.ts'
import { bearingOf, isTokenPrincipal, keyOf, roleOf, teamIdOf, userIdOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import { PROBLEMS } from '../../domain/problem.ts'
import type { Provision } from '../../domain/provision.ts'
import type { Explanation } from '../../journey/explain/explain.ts'
import type { TrailStep } from '../../journey/explain/observe.ts'
import { handshakeStatus } from '../wire/judge-handshake.ts'
import { statusOf as usualStatus } from '../wire/render-problem.ts'

/** An explanation as clients read it. */
export function renderExplanation(explanation: Explanation, callId: string, isForOperator: boolean): object {
  const { call, outcome, settings, changes, advice } = explanation
  const { denied, steps, principal, provisions } = outcome
  const statusOf = call.operation?.name === 'realtime' ? handshakeStatus : usualStatus
  return {
    verdict: denied === undefined ? 'allow' : 'deny',
    status: denied === undefined ? 200 : statusOf(denied.problem),
    reason: denied?.because ?? null,
    message: denied === undefined ? 'The call would be allowed.' : (denied.say ?? PROBLEMS[denied.problem].say),
    route: call.route.path,
    method: call.method,
    steps: isForOperator ? steps : steps.map(forCaller),
    principal: principal === undefined ? null : renderPrincipal(principal, steps),
    provision: provisions.map(renderProvision),
    settings,
    change:
      changes === undefined
        ? null
        : { say: changes.map(({ say }) => say).join(' '), steps: changes.flatMap((change) => change.steps) },
    advice: advice ?? null,
    correlation_id: callId,
  }
}

function renderPrincipal(principal: Principal, steps: readonly TrailStep[]): JsonObject {
  const key = keyOf(principal)
  const bearing = bearingOf(principal)
  const endUser = steps.find(({ step }) => step === 'end-user')?.inputs['end_user']
  return {
    kind: principal.kind,
    user_id: userIdOf(principal) ?? null,
    user_role: roleOf(principal),
    team_id: teamIdOf(principal) ?? null,
    organization_id: principal.kind === 'master' ? null : (principal.standing.organization?.id ?? null),
    end_user_id: endUser ?? bearing?.facts.endUserId ?? null,
    issuer: bearing?.token.issuer ?? null,
    admin: isTokenPrincipal(principal) ? (principal.admin ?? null) : null,
    key_name: key?.displayName ?? null,
    key_alias: key?.alias ?? null,
  }
}

function renderProvision(effect: Provision): JsonObject {
  switch (effect.make) {
    case 'user':
      return { make: 'user', user_id: effect.wanted, user_email: effect.email ?? null, ...effect.link }
    case 'link':
      return { make: 'link', user_id: effect.userId, ...effect.link }
    case 'team':
      return { make: 'team', team_id: effect.teamId }
    case 'membership':
    case 'no-membership':
      return { make: effect.make, user_id: effect.userId ?? null, team_id: effect.teamId, source: effect.source }
    case 'key':
      return {
        make: 'key',
        issuer: effect.issuer,
        jwt_claim_name: effect.claim.name,
        jwt_claim_value: effect.claim.value,
        user_id: effect.userId ?? null,
        team_id: effect.teamId ?? null,
        organization_id: effect.organizationId ?? null,
      }
    case 'role':
      return { make: 'role', user_id: effect.userId ?? null, user_role: effect.role }
  }
}

/** Whoever is not an operator is told about itself: not what the operator has set, and not which teams there are. */
function forCaller(step: TrailStep): TrailStep {
  const hidden = HIDDEN[step.step] ?? []
  const told = Object.entries(step.inputs).filter(
    ([name]) => !name.startsWith('general_settings.') && !hidden.includes(name),
  )
  return {
    ...step,
    inputs: Object.fromEntries(told.map(([name, value]) => [name, name === 'lists' ? own(value) : value])),
  }
}

/** By step. A caller may name any team in a header, and would learn from the first whether it is there. */
const HIDDEN: Readonly<Record<string, readonly string[]>> = { directory: ['teams', 'team_aliases'] }

/** What else a role or a scope may use is no business of whoever has it. */
function own(lists: JsonValue): JsonValue {
  if (!Array.isArray(lists)) return lists
  return lists.filter((list: JsonValue) => !isObject(list) || (list['of'] !== 'role' && list['of'] !== 'scope'))
}
