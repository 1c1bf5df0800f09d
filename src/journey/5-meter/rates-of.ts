import type { EndUser } from '../../domain/end-user.ts'
import type { BudgetId } from '../../domain/ids.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { Limits, ModelLimits } from '../../domain/limits.ts'
import { keyOf, userIdOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { RateKind, RateScope } from '../../domain/rate-scope.ts'
import { hasModelBudgets, withRow } from '../../domain/with-row.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import { memberSpendId } from '../../ports/ledger.ts'
import { memberBudgetId } from './budgets-of.ts'
import type { FindBudget } from './budgets-of.ts'
import { withBudgetRows } from './find-budgets.ts'

type Rate = Pick<RateScope, 'requests' | 'tokens' | 'parallel'>

type ModelOwner = 'key' | 'user' | 'team' | 'organization'

/** Whether the call is of a model that this one calls so, under whatever name it was asked for. */
export type IsCalled = (name: string, of: ModelOwner) => boolean

const NONE: readonly RateScope[] = []
const NO_RATE: Rate = { requests: undefined, tokens: undefined, parallel: undefined }

/** Every rate that a call falls under, in the order in which they are checked: what is nearest to the caller first. */
export function ratesOf(
  principal: Principal,
  endUser: EndUser | undefined,
  isCalled: IsCalled,
  findBudget: FindBudget,
): readonly RateScope[] {
  const scopes: RateScope[] = []
  const add = (kind: RateKind, id: string, rate: Rate, shownId = id): void => {
    if (rate.requests === undefined && rate.tokens === undefined && rate.parallel === undefined) return
    scopes.push({ kind, id, shownId, ...rate })
  }
  const addModels = (of: ModelOwner, id: string, { perModel }: Limits, shown = id): void => {
    for (const model of modelsIn(perModel)) {
      const rate = modelRate(perModel, model)
      if ((rate.requests === undefined && rate.tokens === undefined) || !isCalled(model, of)) continue
      scopes.push({ kind: `model_per_${of}`, id: pairId(id, model), shownId: `${shown}:${model}`, model, ...rate })
    }
  }
  const rowOf = (id: BudgetId | undefined): Limits | undefined =>
    id === undefined ? undefined : findBudget(id)?.limits

  if (principal.kind !== 'master') {
    const { team, user, organization } = principal.standing
    const key = keyOf(principal)
    if (key !== undefined) {
      const shownKey = key.alias ?? key.displayName
      const limits = withRow(key.limits, rowOf(key.budgetId))
      add('api_key', key.digest, { ...sharedRate(limits), parallel: limits.parallelRequests }, shownKey)
      addModels('key', key.digest, limits, shownKey)
    }
    if (user !== undefined) {
      const { id, limits } = user.user
      add('user', id, sharedRate(limits))
      addModels('user', id, limits)
    }
    if (team !== undefined) {
      add('team', team.id, sharedRate(team.limits))
      addModels('team', team.id, team.limits)
      const userId = userIdOf(principal)
      if (userId !== undefined) {
        const rate = sharedRate(rowOf(memberBudgetId(principal)))
        add('team_member', memberSpendId(team.id, userId), rate, `${team.id}:${userId}`)
      }
    }
    if (organization !== undefined) {
      const limits = rowOf(organization.budgetId)
      add('organization', organization.id, sharedRate(limits))
      if (limits !== undefined) addModels('organization', organization.id, limits)
    }
  }
  if (endUser !== undefined) add('end_user', endUser.id, sharedRate(rowOf(endUser.budgetId)))
  return scopes
}

/** The rows of limits are read through the directory; without a promise when it knows them. */
export function findRates(
  principal: Principal,
  endUser: EndUser | undefined,
  isCalled: IsCalled,
  directory: WarmDirectory,
): readonly RateScope[] | Promise<readonly RateScope[]> {
  if (!mayHaveRates(principal, endUser)) return NONE
  return withBudgetRows(directory, (findBudget) => ratesOf(principal, endUser, isCalled, findBudget))
}

/** Most calls fall under none: for them this looks at a few fields, and makes nothing. */
function mayHaveRates(principal: Principal, endUser: EndUser | undefined): boolean {
  if (endUser?.budgetId !== undefined) return true
  if (principal.kind === 'master') return false
  const { team, user, organization } = principal.standing
  const key = keyOf(principal)
  if (key !== undefined && (key.budgetId !== undefined || hasRates(key.limits))) return true
  if (user !== undefined && hasRates(user.user.limits)) return true
  if (organization?.budgetId !== undefined) return true
  return team !== undefined && (hasRates(team.limits) || memberBudgetId(principal) !== undefined)
}

function hasRates(limits: Limits): boolean {
  const { requestsPerMinute, tokensPerMinute, parallelRequests, perModel } = limits
  if (requestsPerMinute !== undefined || tokensPerMinute !== undefined || parallelRequests !== undefined) return true
  if (perModel.requestsPerMinute !== undefined || perModel.tokensPerMinute !== undefined) return true
  return hasModelBudgets(limits)
}

/** Calls at once are bounded for keys alone. */
function sharedRate(limits: Limits | undefined): Rate {
  if (limits === undefined) return NO_RATE
  return { requests: limits.requestsPerMinute, tokens: limits.tokensPerMinute, parallel: undefined }
}

function modelsIn({ requestsPerMinute, tokensPerMinute, maxBudget }: ModelLimits): ReadonlySet<string> {
  return new Set([requestsPerMinute, tokensPerMinute, maxBudget].flatMap((each) => Object.keys(each ?? {})))
}

function modelRate(perModel: ModelLimits, model: string): Rate {
  const budget = own(perModel.maxBudget, model)
  return {
    requests: own(perModel.requestsPerMinute, model) ?? countOf(budget?.['rpm_limit']),
    tokens: own(perModel.tokensPerMinute, model) ?? countOf(budget?.['tpm_limit']),
    parallel: undefined,
  }
}

function own<Value>(record: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}

function countOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function pairId(id: string, model: string): string {
  return JSON.stringify([id, model])
}
