import type { BudgetLevel } from '../../domain/budget-level.ts'
import type { Budget } from '../../domain/budget.ts'
import { windowAt } from '../../domain/budget-window.ts'
import type { EndUser } from '../../domain/end-user.ts'
import type { BudgetId, EpochMs } from '../../domain/ids.ts'
import type { Limits } from '../../domain/limits.ts'
import { addUsd } from '../../domain/money.ts'
import type { MasterPrincipal, Principal } from '../../domain/principal.ts'
import { keyOf, membershipOf, userIdOf } from '../../domain/principal.ts'
import { Problem } from '../../domain/problem.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import { memberSpendId } from '../../ports/ledger.ts'

/** A row of limits that is named somewhere; undefined: there is no such row. */
export type FindBudget = (id: BudgetId) => Budget | undefined

const NONE: readonly BudgetLevel[] = []

/**
 * Every finite budget that a call falls under, in the order in which they are checked: what is nearest to the caller
 * first. A key of a team is the team's to pay for, so its user's own budget does not count.
 */
export function budgetsOf(
  principal: Principal,
  endUser: EndUser | undefined,
  findBudget: FindBudget,
  now: EpochMs,
): readonly BudgetLevel[] {
  const levels: BudgetLevel[] = []
  const add = (kind: BudgetLevel['kind'], id: string, limits: Limits | undefined): void => {
    if (limits?.maxBudget === undefined) return
    const window = limits.window === undefined ? undefined : windowAt(limits.window, now)
    levels.push({ kind, id, limit: limits.maxBudget, window })
  }
  const limitsOf = (id: BudgetId | undefined): Limits | undefined =>
    id === undefined ? undefined : findBudget(id)?.limits

  if (principal.kind !== 'master') {
    const { team, user, organization } = principal.standing
    const userId = userIdOf(principal)
    if (team !== undefined && userId !== undefined)
      add('member', memberSpendId(team.id, userId), limitsOf(memberBudgetId(principal)))
    const key = keyOf(principal)
    if (key !== undefined) add('key', key.digest, ownLimits(key, now) ?? limitsOf(key.budgetId))
    if (team !== undefined) add('team', team.id, team.limits)
    if (organization !== undefined) add('organization', organization.id, limitsOf(organization.budgetId))
    if (team === undefined && user !== undefined) add('user', user.user.id, user.user.limits)
  }
  if (endUser !== undefined) add('end_user', endUser.id, limitsOf(endUser.budgetId))
  return levels
}

/** Most calls fall under no budget at all: for them this looks at a few fields, and makes nothing. */
function mayHaveBudget(principal: Principal, endUser: EndUser | undefined): boolean {
  if (endUser?.budgetId !== undefined) return true
  if (principal.kind === 'master') return false
  const { standing } = principal
  const key = keyOf(principal)
  if (key?.limits.maxBudget !== undefined || key?.budgetId !== undefined || standing.organization !== undefined)
    return true
  const { team } = standing
  if (team === undefined) return standing.user?.user.limits.maxBudget !== undefined
  return team.limits.maxBudget !== undefined || memberBudgetId(principal) !== undefined
}

/** The rows of limits are read through the directory; without a promise when it knows them. */
export function findBudgets(
  principal: Principal,
  endUser: EndUser | undefined,
  directory: WarmDirectory,
  now: EpochMs,
): readonly BudgetLevel[] | Promise<readonly BudgetLevel[]> {
  if (!mayHaveBudget(principal, endUser)) return NONE
  return withBudgetRows(directory, (findBudget) => budgetsOf(principal, endUser, findBudget, now))
}

/** What is made of rows of limits; without a promise when the directory knows all that are asked for. */
export function withBudgetRows<Made>(
  directory: WarmDirectory,
  make: (findBudget: FindBudget) => Made,
): Made | Promise<Made> {
  const cold: BudgetId[] = []
  const known = new Map<BudgetId, Budget | undefined>()
  const made = make((id) => {
    const budget = directory.peekBudget(id)
    if (budget === 'ask') cold.push(id)
    else known.set(id, budget)
    return budget === 'ask' ? undefined : budget
  })
  if (cold.length === 0) return made
  return askBudgets(cold, known, directory).then(() => make((id) => known.get(id)))
}

async function askBudgets(
  cold: readonly BudgetId[],
  known: Map<BudgetId, Budget | undefined>,
  directory: WarmDirectory,
): Promise<void> {
  try {
    await Promise.all(cold.map(async (id) => known.set(id, await directory.findBudget(id))))
  } catch (cause) {
    // An error is never an absence: a budget that could not be read is not "no budget".
    throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
  }
}

/** The member's own row, else what the team gives to every member. */
export function memberBudgetId(principal: Exclude<Principal, MasterPrincipal>): BudgetId | undefined {
  const { team } = principal.standing
  if (team === undefined || userIdOf(principal) === undefined) return undefined
  return membershipOf(principal)?.budgetId ?? team.memberBudgetId
}

function ownLimits({ limits, temporaryBudget }: VirtualKey, now: EpochMs): Limits | undefined {
  const { maxBudget } = limits
  if (maxBudget === undefined) return undefined
  if (temporaryBudget === undefined || temporaryBudget.expiresAt <= now) return limits
  return { ...limits, maxBudget: addUsd(maxBudget, temporaryBudget.increase) }
}
