import type { BudgetLevel } from '../../domain/budget-level.ts'
import type { Budget } from '../../domain/budget.ts'
import { spanAt } from '../../domain/budget-window.ts'
import type { EndUser } from '../../domain/end-user.ts'
import type { BudgetId, EpochMs } from '../../domain/ids.ts'
import type { Limits, OperatorBudgets } from '../../domain/limits.ts'
import { MEMBER_MODEL_BUDGETS, memberModelBudgets, modelBudgets } from '../../domain/model-budget.ts'
import { addUsd } from '../../domain/money.ts'
import type { MasterPrincipal, Principal } from '../../domain/principal.ts'
import { keyOf, membershipOf, userIdOf } from '../../domain/principal.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { hasModelBudgets, withRow } from '../../domain/with-row.ts'
import { memberSpendId } from '../../ports/ledger.ts'

/** A row of limits that is named somewhere; undefined: there is no such row. */
export type FindBudget = (id: BudgetId) => Budget | undefined

/** Whom a call concerns. */
export interface Concerned {
  readonly principal: Principal
  readonly endUser: EndUser | undefined
  readonly tags: readonly string[]
  /** Of tags, those that have a row of limits. */
  readonly tagRows: ReadonlyMap<string, BudgetId>
  readonly operator: OperatorBudgets
}

/**
 * Every finite budget that a call may fall under, in the order in which they are checked: what is nearest to the caller
 * first. Those of single models and providers are among them, whichever it will be. A key of a team is the team's to pay
 * for, so its user's own budget does not count.
 */
export function budgetsOf(
  { principal, endUser, tags, tagRows, operator }: Concerned,
  findBudget: FindBudget,
  now: EpochMs,
): readonly BudgetLevel[] {
  const levels: BudgetLevel[] = []
  const add = (
    kind: BudgetLevel['kind'],
    id: string,
    ceiling: Pick<Limits, 'maxBudget' | 'window'> | undefined,
  ): void => {
    if (ceiling?.maxBudget !== undefined)
      levels.push({ kind, id, limit: ceiling.maxBudget, window: spanAt(ceiling.window, now) })
  }
  const addWindows = (kind: BudgetLevel['kind'], id: string, { perWindow }: Limits): void => {
    for (const { maxBudget, window } of perWindow)
      levels.push({ kind, id, limit: maxBudget, window: spanAt(window, now), period: window?.duration })
  }
  const addModels = (kind: BudgetLevel['kind'], id: string, written: ModelBudgets): void => {
    for (const budget of modelBudgets(written ?? {}))
      levels.push({ kind, id, models: [budget.model], limit: budget.limit, window: spanAt(budget.window, now) })
  }
  const addAll = (kind: BudgetLevel['kind'], id: string, limits: Limits | undefined): void => {
    add(kind, id, limits)
    addModels(kind, id, limits?.perModel.maxBudget)
  }
  const rowOf = (id: BudgetId | undefined): Limits | undefined =>
    id === undefined ? undefined : findBudget(id)?.limits

  if (principal.kind !== 'master') {
    const { team, user, organization } = principal.standing
    const userId = userIdOf(principal)
    if (team !== undefined && userId !== undefined) {
      const member = memberSpendId(team.id, userId)
      addAll('member', member, rowOf(memberBudgetId(principal)))
      addModels('member', member, memberModelBudgets(team.metadata))
    }
    const key = keyOf(principal)
    if (key !== undefined) {
      const limits = raised(withRow(key.limits, rowOf(key.budgetId)), key, now)
      add('key', key.digest, limits)
      addWindows('key', key.digest, limits)
      addModels('key', key.digest, limits.perModel.maxBudget)
    }
    if (team !== undefined) {
      addAll('team', team.id, team.limits)
      addWindows('team', team.id, team.limits)
    }
    if (organization !== undefined) addAll('organization', organization.id, rowOf(organization.budgetId))
    if (team === undefined && user !== undefined) addAll('user', user.user.id, user.user.limits)
  }
  if (endUser !== undefined) addAll('end_user', endUser.id, rowOf(endUser.budgetId))
  for (const tag of tags) {
    addAll('tag', tag, rowOf(tagRows.get(tag)))
    add('tag', tag, operator.tags.get(tag))
  }
  for (const [provider, ceiling] of operator.providers) add('provider', provider, ceiling)
  add('all', '', operator.everybody)
  return levels
}

/** Most calls fall under no budget at all: for them this looks at a few fields, and makes nothing. */
export function mayHaveBudget(
  { principal, endUser, tags, operator }: Omit<Concerned, 'tagRows'>,
  tagRows: Concerned['tagRows'],
): boolean {
  if (operator.everybody !== undefined || operator.providers.size > 0 || endUser?.budgetId !== undefined) return true
  if (tags.some((tag) => tagRows.has(tag) || operator.tags.has(tag))) return true
  if (principal.kind === 'master') return false
  const { standing } = principal
  const key = keyOf(principal)
  if (key !== undefined && (key.budgetId !== undefined || isFinite(key.limits))) return true
  if (standing.organization !== undefined) return true
  const { team } = standing
  if (team === undefined) return standing.user !== undefined && isFinite(standing.user.user.limits)
  if (isFinite(team.limits) || memberBudgetId(principal) !== undefined) return true
  return userIdOf(principal) !== undefined && team.metadata[MEMBER_MODEL_BUDGETS] !== undefined
}

/** The member's own row, else what the team gives to every member. */
export function memberBudgetId(principal: Exclude<Principal, MasterPrincipal>): BudgetId | undefined {
  const { team } = principal.standing
  if (team === undefined || userIdOf(principal) === undefined) return undefined
  return membershipOf(principal)?.budgetId ?? team.memberBudgetId
}

type ModelBudgets = Limits['perModel']['maxBudget']

function isFinite(limits: Limits): boolean {
  return limits.maxBudget !== undefined || limits.perWindow.length > 0 || hasModelBudgets(limits)
}

/** For a while there may be more of it. */
function raised(limits: Limits, { temporaryBudget }: VirtualKey, now: EpochMs): Limits {
  const { maxBudget } = limits
  if (maxBudget === undefined || temporaryBudget === undefined || temporaryBudget.expiresAt <= now) return limits
  return { ...limits, maxBudget: addUsd(maxBudget, temporaryBudget.increase) }
}
