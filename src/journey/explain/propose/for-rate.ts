import { parseEndUserId } from '../../../domain/ids.ts'
import type { BudgetId } from '../../../domain/ids.ts'
import { membershipOf, userIdOf } from '../../../domain/principal.ts'
import { memberBudgetId } from '../../5-meter/budgets-of.ts'
import { raiseMember, raiseOrganization, raiseTeam } from '../change-groups.ts'
import { raiseCustomer, raiseKey, raiseUser } from '../change-people.ts'
import type { NoRate } from '../observe.ts'
import { isBeyond } from '../raise-ceiling.ts'
import type { RateRaise } from '../raise-ceiling.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

/** A limit under which the call has room now, at whom it had none. What others do in this minute is not foreseen. */
export async function forRate(situation: Situation): Promise<readonly Change[]> {
  const { noRate } = situation
  const change = noRate === undefined ? undefined : await raiseAt(noRate, situation)
  return change === undefined ? [] : [change]
}

async function raiseAt(
  noRate: NoRate,
  { principal, key, directory, keyBounds }: Situation,
): Promise<Change | undefined> {
  const { kind, id } = noRate.state.scope
  const raise = raiseOf(noRate)
  const { user, team, organization } = principal === undefined || principal.kind === 'master' ? {} : principal.standing
  const rowOf = async (budgetId: BudgetId | undefined) =>
    budgetId === undefined ? undefined : directory.findBudget(budgetId)
  switch (kind) {
    case 'api_key':
    case 'model_per_key':
      return key && !isBeyond(raise, keyBounds) ? raiseKey(key, key.limits, raise) : undefined
    case 'user':
    case 'model_per_user':
      return user && raiseUser(user.user, raise)
    case 'team':
    case 'model_per_team':
      return team && raiseTeam(team, raise)
    case 'team_member': {
      if (principal === undefined || principal.kind === 'master' || team === undefined) return undefined
      const userId = userIdOf(principal)
      const row = await rowOf(memberBudgetId(principal))
      const isMember = membershipOf(principal) !== undefined
      return userId && row && raiseMember({ teamId: team.id, userId, isMember }, row, raise)
    }
    case 'organization':
    case 'model_per_organization': {
      const row = await rowOf(organization?.budgetId)
      return organization && row && raiseOrganization(organization, row, raise)
    }
    case 'end_user': {
      const endUserId = parseEndUserId(id)
      const endUser = endUserId && (await directory.findEndUser(endUserId))
      const row = await rowOf(endUser?.budgetId)
      return endUser && row && raiseCustomer(endUser, row, raise)
    }
  }
}

function raiseOf({ state, type }: NoRate): RateRaise {
  const used = { requests: state.requests, tokens: state.tokens, max_parallel_requests: state.running }[type]
  return { of: 'rate', type, model: state.scope.model, limit: used + 1 }
}
