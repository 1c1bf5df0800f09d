import { keyOf, teamIdOf } from '../../../domain/principal.ts'
import type { Principal } from '../../../domain/principal.ts'
import { SPECIAL_FALLBACKS } from '../../1-intake/read-fallbacks.ts'
import { listModels } from '../../4-authorise/list-models.ts'
import { refusingLevels, resolveFor } from '../../4-authorise/decide-model-access.ts'
import { possibleCallers } from '../../4-authorise/possible-callers.ts'
import { allowMemberModel, allowOrganizationModel, allowTeamModel, makeTeam } from '../change-groups.ts'
import { allowKeyModel, allowUserModel } from '../change-people.ts'
import { eachOrAll } from '../change-call.ts'
import { changeClaim, changePolicy, forOperators } from '../change-claims.ts'
import { askForModel, changeBody } from '../change-request.ts'
import { parseTeamId } from '../../../domain/ids.ts'
import { claimedTeams } from '../../4-authorise/find-token-team.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

const WITHOUT_FALLBACKS = changeBody(
  'Leave the fallbacks out.',
  Object.fromEntries(['fallbacks', ...SPECIAL_FALLBACKS].map((name) => [name, null])),
)

/** Lists of models that stand against it. */
export function forModel(situation: Situation): readonly Change[] {
  const { principal, model, step } = situation
  if (step.step === 'fallback') return [WITHOUT_FALLBACKS]
  if (principal === undefined || model === undefined) return []
  // To be allowed what there is not is no use.
  if (resolveFor(principal, model, situation.catalogue) === undefined) {
    return forUnknownModel(situation)
  }
  const first = grantsFor(principal, model, situation).at(-1)
  // Where somebody renamed the model, those above look at what the name leads to.
  const target = resolveFor(principal, model, situation.catalogue)?.names.at(-1)
  const renamed =
    target === undefined || target === model ? undefined : grantsFor(principal, target, situation, model).at(-1)
  return [...(first ?? []), ...(renamed ?? [])]
}

/** Another model would stand in another path. */
export function forModelLookup(situation: Situation): readonly Change[] {
  const { principal, model, catalogue } = situation
  if (principal === undefined || model === undefined) return []
  return resolveFor(principal, model, catalogue) === undefined ? [] : forModel(situation)
}

/** The one that was most likely meant: one of the caller's own, else one for which something else has to be different. */
export function forUnknownModel(situation: Situation): readonly Change[] {
  const { principal, catalogue, step } = situation
  if (step.step === 'fallback') return [WITHOUT_FALLBACKS]
  if (principal === undefined) return []
  const own = meantOf(
    listModels(principal, catalogue).map(({ name }) => name),
    situation,
  )
  return own === undefined ? forAnyModel(principal, situation) : [askForModel(own)]
}

function forAnyModel(principal: Principal, situation: Situation): readonly Change[] {
  const known = meantOf(situation.catalogue.publicNames(teamIdOf(principal)), situation)
  if (known === undefined) return []
  const grants = grantsFor(principal, known, situation).flatMap(([change]) => change ?? [])
  return eachOrAll([...grants, askForModel(known)]).slice(-1)
}

function meantOf(listed: readonly string[], { model, nearest }: Situation): string | undefined {
  const names = listed.filter((name) => !name.includes('*'))
  return (model === undefined ? undefined : nearest(model, names)) ?? names[0]
}

/** None of the token's teams may use it: for each, all that would have to be different, as one thing to do. */
export function forNoTeam(situation: Situation): readonly Change[] {
  const { principal, model, facts, catalogue, now } = situation
  if (principal === undefined || model === undefined || facts === undefined) return []
  const changes = possibleCallers(principal).flatMap((caller) => {
    if (caller.kind === 'master' || caller.standing.team === undefined) return []
    if (resolveFor(caller, model, catalogue) === undefined) return forAnyModel(caller, situation)
    return eachOrAll(grantsFor(caller, model, situation).flatMap(([change]) => change ?? [])).slice(-1)
  })
  const [claimed] = claimedTeams(facts).flatMap((id) => parseTeamId(id) ?? [])
  return changes.length > 0 || claimed === undefined ? changes : [makeTeam(claimed, now)]
}

/**
 * For every level that refuses `known`: what lets it pass. `asked`: the name by which the call asks. What a key or a team may
 * use has to be within what those above it may, so that these come first.
 */
function grantsFor(
  principal: Principal,
  model: string,
  { catalogue, ...situation }: Situation,
  asked = model,
): readonly (readonly Change[])[] {
  if (principal.kind === 'master') return []
  const { standing } = principal
  const key = keyOf(principal)
  return refusingLevels(principal, asked, catalogue)
    .toReversed()
    .map(({ object, models }): readonly Change[] => {
      switch (object) {
        case 'key':
          return key === undefined ? [] : [allowKeyModel(key, model)]
        case 'user':
          return standing.user === undefined ? [] : [allowUserModel(standing.user.user, model)]
        case 'org':
          return standing.organization === undefined ? [] : [allowOrganizationModel(standing.organization, model)]
        case 'team': {
          const { team } = standing
          if (team === undefined) return []
          if (models !== standing.memberModels) return [allowTeamModel(team, model)]
          const budgetId = standing.user?.teams.find(({ teamId }) => teamId === team.id)?.budgetId
          return budgetId === undefined ? [] : [allowMemberModel(budgetId, models, model)]
        }
        case 'role':
          return roleGrants(model, situation)
        case 'scope':
          return scopeGrants(model, situation)
      }
    })
}

type Told = Pick<Situation, 'facts' | 'policy' | 'token' | 'scene'>

function roleGrants(model: string, { facts, policy }: Told): readonly Change[] {
  const role = facts?.tokenRole
  if (role === undefined || policy === undefined) return []
  const step = { setting: 'general_settings.role_permissions', add: { role, models: [model] } }
  return [
    changePolicy(`Let the role ${role} use the model ${model}.`, step, (current) => {
      const at = current.rolePermissions.findIndex((each) => each.role === role)
      return {
        ...current,
        rolePermissions: current.rolePermissions.map((each, index) =>
          index === at ? { ...each, models: [...(each.models ?? []), model] } : each,
        ),
      }
    }),
  ]
}

/** A scope that has the model already, else the model for the scopes that are there. */
function scopeGrants(model: string, { facts, policy, token, scene }: Told): readonly Change[] {
  const mappings = policy?.scopeMappings ?? []
  const scopes = facts?.scopes ?? []
  const having = mappings.filter(({ models }) => models.includes(model) || models.includes('*'))
  const claims = having.map(({ scope }) => forOperators(changeClaim(['scope'], [...scopes, scope].join(' '), token)))
  const [scope] = mappings.flatMap((each) => (scopes.includes(each.scope) ? [each.scope] : []))
  if (scope === undefined) return claims
  const mapping = { scope, models: [model], routes: [scene.call.route.path] }
  const step = { setting: 'litellm_jwtauth.scope_mappings', add: mapping }
  const setting = changePolicy(`Let the scope ${scope} use the model ${model}.`, step, (current) => ({
    ...current,
    scopeMappings: [...(current.scopeMappings ?? []), mapping],
  }))
  return [...claims, setting]
}
