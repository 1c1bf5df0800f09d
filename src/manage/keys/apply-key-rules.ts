import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { KeyGeneration, KeyLimitRules } from '../../domain/key-rules.ts'
import type { Limits } from '../../domain/limits.ts'
import { membershipIn, roleOf } from '../../domain/principal.ts'
import { addDuration, parseDuration } from '../../domain/duration.ts'
import { epochMs } from '../../domain/ids.ts'
import type { Ask, KeyRules } from '../ports.ts'
import { beyondYours } from '../refuse.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'
import type { KeyWish } from './revise-key.ts'

const NUMBERS = [
  ['maxBudget', 'max_budget'],
  ['tokensPerMinute', 'tpm_limit'],
  ['requestsPerMinute', 'rpm_limit'],
  ['parallelRequests', 'max_parallel_requests'],
] as const satisfies readonly (readonly [keyof KeyLimitRules & keyof LimitWish, string])[]

/** What was left open has the operator's default, and where there is none, the most that the operator allows. */
export function fillLimits(wish: LimitWish = {}, { keyDefaults, keyUpperBounds }: KeyRules): LimitWish {
  const filled = NUMBERS.map(([name]) => [name, wish[name] ?? keyDefaults[name] ?? keyUpperBounds[name]] as const)
  return {
    ...wish,
    ...Object.fromEntries(filled),
    budgetDuration: wish.budgetDuration ?? keyDefaults.budgetDuration ?? keyUpperBounds.budgetDuration,
  }
}

/** Defaults and bounds take nothing off a shared row that says less: what the call itself did not say is left to that. */
export function leaveToRow(limits: Limits, said: LimitWish = {}, row: Limits | undefined): Limits {
  if (row === undefined) return limits
  const isTighter = (name: (typeof NUMBERS)[number][0]): boolean => {
    const [filled, shared] = [limits[name], row[name]]
    return said[name] === undefined && filled !== undefined && shared !== undefined && shared <= filled
  }
  const left = NUMBERS.filter(([name]) => isTighter(name)).map(([name]) => [name, undefined] as const)
  const window = isTighter('maxBudget') ? undefined : limits.window
  return { ...limits, window, ...Object.fromEntries(left) }
}

/** Clearing a bounded limit goes beyond the bound as well. */
export function decideBounds(wish: LimitWish = {}, { keyUpperBounds }: KeyRules): Decision<undefined> {
  for (const [name, shown] of NUMBERS) {
    const [asked, most] = [wish[name], keyUpperBounds[name]]
    if (asked === undefined || most === undefined) continue
    if (asked === null || asked > most) return overBound(shown, asked, most)
  }
  const { budgetDuration: asked } = wish
  const most = keyUpperBounds.budgetDuration
  if (asked === undefined || most === undefined) return allow(undefined)
  return asked === null || isLonger(asked, most) ? overBound('budget_duration', asked, most) : allow(undefined)
}

function overBound(field: string, asked: string | number | null, most: string | number): Decision<never> {
  return deny(
    'bad-request',
    'param_forbidden',
    `${field} is over max limit set in config - user_value=${asked ?? 'None'}; max_value=${most}`,
  )
}

function isLonger(asked: string, most: string): boolean {
  const [one, other] = [parseDuration(asked), parseDuration(most)]
  const start = epochMs(0)
  return one !== undefined && other !== undefined && addDuration(start, one) > addDuration(start, other)
}

/** `key_generation_settings`: who may make keys at all, and what must be said with them. */
export function decideGeneration(
  order: KeyWish,
  { principal, reach }: Ask,
  { keyGeneration, needsTeam }: Pick<KeyRules, 'keyGeneration' | 'needsTeam'>,
): Decision<undefined> {
  if (needsTeam && order.teamId === undefined) {
    return deny('bad-request', 'param_missing', 'Keys need a `team_id`: the operator sets `default_team_disabled`.')
  }
  const rule = order.teamId === undefined ? keyGeneration.personal : keyGeneration.ofTeams
  const missing = (rule?.requiredParams ?? []).find((name) => !says(order, name))
  if (missing !== undefined && !(reach.scope === 'all')) {
    return deny('bad-request', 'param_missing', `Required param ${missing} not in data`)
  }
  if (reach.scope === 'all' || principal.kind === 'master') return allow(undefined)
  return decideMaker(order, principal, keyGeneration)
}

function decideMaker(
  { teamId }: KeyWish,
  principal: Exclude<Ask['principal'], { kind: 'master' }>,
  { ofTeams, personal }: KeyGeneration,
): Decision<undefined> {
  if (teamId === undefined) {
    const role = roleOf(principal)
    const isLet = personal?.userRoles === undefined || personal.userRoles.includes(role)
    return isLet
      ? allow(undefined)
      : beyondYours(`Personal key creation has been restricted by admin. Your role=${role}`)
  }
  const role = membershipIn(principal, teamId)?.role
  const isLet = ofTeams?.memberRoles === undefined || (role !== undefined && ofTeams.memberRoles.includes(role))
  return isLet ? allow(undefined) : beyondYours(`Team member role ${role ?? 'none'} not in allowed_team_member_roles.`)
}

const NAMES: ReadonlyMap<string, keyof KeyWish> = new Map([
  ['tags', 'tags'],
  ['metadata', 'metadata'],
  ['models', 'models'],
  ['duration', 'duration'],
  ['key_alias', 'alias'],
  ['user_id', 'userId'],
])

function says(order: KeyWish, name: string): boolean {
  const value = order[NAMES.get(name) ?? 'alias']
  if (name === 'tags' && order.metadata !== undefined && Object.hasOwn(order.metadata, 'tags')) return true
  if (NAMES.has(name)) return value !== undefined && !(Array.isArray(value) && value.length === 0)
  const [limit] = NUMBERS.find(([, shown]) => shown === name) ?? []
  return limit !== undefined && order.limits?.[limit] !== undefined && order.limits[limit] !== null
}
