import { domainOf } from '../../../domain/email-address.ts'
import type { JsonValue } from '../../../domain/json.ts'
import type { ClaimCondition } from '../../../domain/token-settings.ts'
import { lookUp } from '../../3-identify/read-claim.ts'
import { eachOrAll } from '../change-call.ts'
import { changeClaim, changePolicy, forOperators } from '../change-claims.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'
import { claimsOf } from './for-claim-forms.ts'

/** What a token would have to say. Of a token that was not proven nothing is known, so that nothing is proposed for it. */

export function forTimes({ scene, now }: Situation): readonly Change[] {
  if (scene.subject.is !== 'claims') return []
  const { claims } = scene.subject
  const seconds = Math.trunc(now / 1000)
  const exp = changeClaim(['exp'], seconds + LIFE_SECONDS, undefined)
  const others = ['nbf', 'iat'].filter((name) => name in claims).map((name) => changeClaim([name], seconds, undefined))
  return eachOrAll([exp, ...others])
}

const LIFE_SECONDS = 300

export function forAudience({ scene, profile }: Situation): readonly Change[] {
  const [audience] = profile?.audiences ?? []
  if (scene.subject.is !== 'claims' || audience === undefined) return []
  return [forOperators(changeClaim(['aud'], audience, undefined))]
}

export function forClient({ scene, profile }: Situation): readonly Change[] {
  const { clients = [] } = profile ?? {}
  const [client] = clients
  if (scene.subject.is !== 'claims' || client === undefined) return []
  const { claims } = scene.subject
  const wrong = ['azp', 'client_id'].filter((name) => name in claims && !clients.some((each) => each === claims[name]))
  return eachOrAll(wrong.map((name) => forOperators(changeClaim([name], client, undefined))))
}

/** Marks of other kinds of tokens. */
export function forType({ scene }: Situation): readonly Change[] {
  if (scene.subject.is !== 'claims') return []
  const { claims } = scene.subject
  return eachOrAll(MARKS.filter((name) => name in claims).map((name) => changeClaim([name], null, undefined)))
}

const MARKS = ['events', 'typ', 'token_use', 'nonce', 'at_hash', 'c_hash', 'cnf'] as const

/** What the operator wants to see in every token of this issuer. */
export function forConditions({ profile, token, scene }: Situation): readonly Change[] {
  const claims = claimsOf({ scene, token })
  const conditions = profile?.conditions ?? []
  return conditions.flatMap((condition) => {
    const claim = lookUp(claims, condition.claim)
    const value = satisfying(condition, claim.is === 'value' ? claim.value : undefined)
    return value === undefined ? [] : [forOperators(changeClaim(condition.claim, value, token))]
  })
}

/** Undefined: it is met. */
function satisfying(condition: ClaimCondition, value: JsonValue | undefined): JsonValue | undefined {
  switch (condition.is) {
    case 'present':
      return value === undefined ? true : undefined
    case 'equals':
      return value === condition.value ? undefined : condition.value
    case 'one-of':
      return condition.values.some((each) => each === value) ? undefined : condition.values[0]
    case 'contains': {
      const list: readonly JsonValue[] = Array.isArray(value) ? value : value === undefined ? [] : [value]
      return list.includes(condition.value) ? undefined : [...list, condition.value]
    }
  }
}

export function forEmail({ facts, policy, token }: Situation): readonly Change[] {
  const field = facts?.fields.email
  const domain = policy?.emailDomain
  if (field === undefined || domain === undefined) return []
  const [mailbox = 'somebody'] = (facts?.email ?? 'somebody').split('@')
  const isThere = facts?.email !== undefined && domainOf(facts.email) === domain
  const verified = changeClaim(['email_verified'], true, token)
  return [...(isThere ? [verified] : []), forOperators(changeClaim(field.path, `${mailbox}@${domain}`, token))]
}

/** A role, a team or a name: one of them says what the token is. */
export function forUnmappedRole({ profile, policy, token }: Situation): readonly Change[] {
  const { roles, allowedRoles, userId, teamId } = profile?.fields ?? {}
  const [mapping] = policy?.roleMappings ?? []
  const [role] = policy?.allowedRoles ?? []
  const changes: Change[] = []
  if (roles !== undefined && mapping !== undefined)
    changes.push(forOperators(changeClaim(roles.path, [mapping.role], token)))
  if (allowedRoles !== undefined && role !== undefined)
    changes.push(forOperators(changeClaim(allowedRoles.path, [role], token)))
  if (userId !== undefined) changes.push(changeClaim(userId.path, 'somebody', token))
  if (teamId !== undefined) changes.push(changeClaim(teamId.path, 'a-team', token))
  return changes
}

export function forRoleRoute({ facts, scene }: Situation): readonly Change[] {
  const role = facts?.tokenRole
  if (role === undefined) return []
  const { path } = scene.call.route
  const step = { setting: 'general_settings.role_permissions', add: { role, routes: [path] } }
  return [
    changePolicy(`Let the role ${role} call ${path}.`, step, (policy) => {
      const at = policy.rolePermissions.findIndex((each) => each.role === role)
      const rolePermissions = policy.rolePermissions.map((each, index) =>
        index === at ? { ...each, routes: [...(each.routes ?? []), path] } : each,
      )
      return { ...policy, rolePermissions }
    }),
  ]
}

/** An administrator by scope can come as somebody else; else the route has to be for administrators. */
export function forAdminRoute({ facts, policy, token, scene }: Situation): readonly Change[] {
  const { path } = scene.call.route
  const step = { setting: 'litellm_jwtauth.admin_allowed_routes', add: path }
  const setting = changePolicy(`Let administrators call ${path}.`, step, (current) => ({
    ...current,
    adminRoutes: [...current.adminRoutes, path],
  }))
  if (facts?.isScopeAdmin !== true || policy === undefined) return [setting]
  const others = facts.scopes.filter((scope) => scope !== policy.adminScope)
  return [changeClaim(['scope'], others.length === 0 ? null : others.join(' '), token), setting]
}

export function forTeamRoute({ scene }: Situation): readonly Change[] {
  const { path } = scene.call.route
  const step = { setting: 'litellm_jwtauth.team_allowed_routes', add: path }
  return [
    changePolicy(`Let tokens with a team call ${path}.`, step, (policy) => ({
      ...policy,
      teamRoutes: [...policy.teamRoutes, path],
    })),
  ]
}
