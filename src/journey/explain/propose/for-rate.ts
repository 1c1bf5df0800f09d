import { userIdOf } from '../../../domain/principal.ts'
import { raiseOrganization, raiseTeam } from '../change-groups.ts'
import { raiseKey, raiseUser } from '../change-people.ts'
import type { NoRate } from '../observe.ts'
import { isBeyond } from '../raise-ceiling.ts'
import type { RateRaise } from '../raise-ceiling.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'
import { raiseCaller, raiseCustomerNamed, rowOf } from './raise-row.ts'

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
      const userId = principal === undefined || principal.kind === 'master' ? undefined : userIdOf(principal)
      return team && userId && raiseCaller({ teamId: team.id, userId }, raise, { principal, directory })
    }
    case 'organization':
    case 'model_per_organization': {
      const row = await rowOf(organization?.budgetId, directory)
      return organization && row && raiseOrganization(organization, row, raise)
    }
    case 'end_user':
      return raiseCustomerNamed(id, raise, directory)
  }
}

function raiseOf({ state, type }: NoRate): RateRaise {
  const used = { requests: state.requests, tokens: state.tokens, max_parallel_requests: state.running }[type]
  return { of: 'rate', type, model: state.scope.model, limit: used + 1 }
}
