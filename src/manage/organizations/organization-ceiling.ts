import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { decideModelsWithin, isUnrestricted } from '../../domain/effective.ts'
import type { OrganizationId } from '../../domain/ids.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import type { Limits } from '../../domain/limits.ts'
import { isRaise } from '../../domain/raise.ts'
import type { UserPlace } from '../../domain/scope.ts'
import type { User } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import type { ManagePorts } from '../ports.ts'

/** What an organisation has, and so the most that its administrator can give to a user. */
export interface Ceiling {
  readonly models: readonly string[]
  readonly limits: Limits
}

export async function ceilingsOver(place: UserPlace, rooms: Rooms): Promise<readonly Ceiling[]> {
  const ids = [...place.organizationIds, ...place.teams.map(({ organizationId }) => organizationId)]
  const known = new Set(ids.filter((id): id is OrganizationId => id !== undefined))
  const organizations = await rooms.organizations.findMany([...known])
  const ceilings: Ceiling[] = []
  for (const { models, budgetId } of organizations) {
    ceilings.push({ models, limits: (await rooms.budgets.find(budgetId))?.limits ?? NO_LIMITS })
  }
  return ceilings
}

/** What is not said is as the organisation has it: calls outside of its teams don't count against it. */
export function fillFrom(user: User, { models, limits }: Ceiling): User {
  const filled: Limits = {
    maxBudget: user.limits.maxBudget ?? limits.maxBudget,
    softBudget: user.limits.softBudget ?? limits.softBudget,
    window: user.limits.window ?? limits.window,
    perWindow: [...limits.perWindow, ...user.limits.perWindow],
    tokensPerMinute: user.limits.tokensPerMinute ?? limits.tokensPerMinute,
    requestsPerMinute: user.limits.requestsPerMinute ?? limits.requestsPerMinute,
    parallelRequests: user.limits.parallelRequests ?? limits.parallelRequests,
    perModel: {
      maxBudget: { ...limits.perModel.maxBudget, ...user.limits.perModel.maxBudget },
      tokensPerMinute: user.limits.perModel.tokensPerMinute ?? limits.perModel.tokensPerMinute,
      requestsPerMinute: user.limits.perModel.requestsPerMinute ?? limits.perModel.requestsPerMinute,
    },
  }
  return { ...user, models: user.models.length > 0 ? user.models : models, limits: filled }
}

/** INV-12: what an organisation has not, its administrator does not give. What was there before may stay. */
export function decideWithin(
  before: User | undefined,
  after: User,
  ceilings: readonly Ceiling[],
  { grants }: Pick<ManagePorts, 'grants'>,
): Decision<undefined> {
  const { modelGroups } = grants()
  const modelsChange = JSON.stringify(before?.models) !== JSON.stringify(after.models)
  for (const { models, limits } of ceilings) {
    const open = !isUnrestricted(models) && isUnrestricted(after.models)
    const beyond = open ? 'all models' : decideModelsWithin(after.models, [models], modelGroups)
    if (modelsChange && beyond !== undefined) return tooMuch(`models: ${beyond}`)
    const raisesNow = before === undefined || isRaise(before.limits, after.limits) !== undefined
    const limit = isRaise(limits, after.limits)
    if (raisesNow && limit !== undefined) return tooMuch(limit)
  }
  return allow(undefined)
}

function tooMuch(what: string): Decision<never> {
  return deny('beyond-yours', 'authz_ceiling', `This is more than the organization has: ${what}.`)
}
