import type { Budget } from '../../../domain/budget.ts'
import { parseEndUserId } from '../../../domain/ids.ts'
import type { BudgetId, TeamId, UserId } from '../../../domain/ids.ts'
import { membershipOf } from '../../../domain/principal.ts'
import { memberBudgetId } from '../../5-meter/budgets-of.ts'
import { raiseMember } from '../change-groups.ts'
import { raiseCustomer } from '../change-people.ts'
import type { Raise } from '../raise-ceiling.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

type Directory = Situation['directory']

export async function rowOf(budgetId: BudgetId | undefined, directory: Directory): Promise<Budget | undefined> {
  return budgetId === undefined ? undefined : directory.findBudget(budgetId)
}

export async function raiseCustomerNamed(id: string, raise: Raise, directory: Directory): Promise<Change | undefined> {
  const endUserId = parseEndUserId(id)
  const endUser = endUserId && (await directory.findEndUser(endUserId))
  const row = await rowOf(endUser?.budgetId, directory)
  return endUser && row && raiseCustomer(endUser, row, raise)
}

/** In a team of the caller's. */
export async function raiseCaller(
  place: { readonly teamId: TeamId; readonly userId: UserId },
  raise: Raise,
  { principal, directory }: Pick<Situation, 'principal' | 'directory'>,
): Promise<Change | undefined> {
  if (principal === undefined || principal.kind === 'master') return undefined
  const row = await rowOf(memberBudgetId(principal), directory)
  return row && raiseMember({ ...place, isMember: membershipOf(principal) !== undefined }, row, raise)
}
