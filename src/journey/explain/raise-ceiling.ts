import type { BudgetLevel } from '../../domain/budget-level.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { KeyLimitRules } from '../../domain/key-rules.ts'
import type { Limits, ModelLimits } from '../../domain/limits.ts'
import { MODEL_BUDGET_MEMBERS } from '../../domain/model-budget.ts'
import { usdNumber } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { RateType } from '../../domain/rate-scope.ts'

/** How much the budget has to be, and of what. */
export interface BudgetRaise {
  readonly of: 'budget'
  readonly level: BudgetLevel
  readonly ceiling: PicoUsd
}

/** How many there may be in a minute, or at once. */
export interface RateRaise {
  readonly of: 'rate'
  readonly type: RateType
  /** Where it is of one model alone. */
  readonly model: string | undefined
  readonly limit: number
}

export type Raise = BudgetRaise | RateRaise

export interface RaisedLimits {
  /** As the management API takes them. */
  readonly fields: JsonObject
  /** What these fields change, and nothing else. */
  readonly becomes: (limits: Limits) => Limits
}

/** Whether the operator lets no key have so much. */
export function isBeyond(raise: Raise, bounds: KeyLimitRules): boolean {
  if (raise.of === 'budget') {
    const { models, period } = raise.level
    return models === undefined && period === undefined && usdNumber(raise.ceiling) > (bounds.maxBudget ?? Infinity)
  }
  const most = {
    requests: bounds.requestsPerMinute,
    tokens: bounds.tokensPerMinute,
    max_parallel_requests: bounds.parallelRequests,
  }[raise.type]
  return raise.model === undefined && raise.limit > (most ?? Infinity)
}

export function sayRaise(whose: string, raise: Raise): string {
  const what = raise.of === 'budget' ? 'budget' : `limit of ${COUNTED[raise.type]}`
  const model = raise.of === 'budget' ? raise.level.models?.[0] : raise.model
  return model === undefined
    ? `Raise the ${what} of ${whose}.`
    : `Raise the ${what} of ${whose} for the model ${model}.`
}

const COUNTED: Readonly<Record<RateType, string>> = {
  requests: 'requests in a minute',
  tokens: 'tokens in a minute',
  max_parallel_requests: 'requests at once',
}

/** What had no room, large enough; that of other models and all other limits stay. */
export function raised(limits: Limits, raise: Raise): RaisedLimits {
  return raise.of === 'budget' ? raisedBudget(limits, raise) : raisedRate(limits, raise)
}

function raisedRate({ perModel }: Limits, { type, model, limit }: RateRaise): RaisedLimits {
  switch (type) {
    case 'requests': {
      if (model === undefined) return only({ rpm_limit: limit }, { requestsPerMinute: limit })
      const requestsPerMinute = { ...perModel.requestsPerMinute, [model]: limit }
      return onlyOfModels({ model_rpm_limit: requestsPerMinute }, { requestsPerMinute })
    }
    case 'tokens': {
      if (model === undefined) return only({ tpm_limit: limit }, { tokensPerMinute: limit })
      const tokensPerMinute = { ...perModel.tokensPerMinute, [model]: limit }
      return onlyOfModels({ model_tpm_limit: tokensPerMinute }, { tokensPerMinute })
    }
    case 'max_parallel_requests':
      return only({ max_parallel_requests: limit }, { parallelRequests: limit })
  }
}

function raisedBudget(limits: Limits, { level, ceiling }: BudgetRaise): RaisedLimits {
  const amount = usdNumber(ceiling)
  if (level.period !== undefined) {
    const perWindow = limits.perWindow.map((slot) =>
      slot.window?.duration === level.period && slot.maxBudget < ceiling ? { ...slot, maxBudget: ceiling } : slot,
    )
    const slots = perWindow.map(({ maxBudget, window }) => ({
      budget_duration: window?.duration ?? '',
      max_budget: usdNumber(maxBudget),
    }))
    return only({ budget_limits: slots }, { perWindow })
  }
  if (level.models === undefined) return only({ max_budget: amount }, { maxBudget: ceiling })
  const [model] = level.models
  const maxBudget = limits.perModel.maxBudget ?? {}
  const before = Object.hasOwn(maxBudget, model) ? (maxBudget[model] ?? {}) : {}
  const name = MODEL_BUDGET_MEMBERS.amount.find((each) => Object.hasOwn(before, each)) ?? MODEL_BUDGET_MEMBERS.amount[0]
  const wider = { ...maxBudget, [model]: { ...before, [name]: amount } }
  return onlyOfModels({ model_max_budget: wider }, { maxBudget: wider })
}

function only(fields: JsonObject, changed: Partial<Limits>): RaisedLimits {
  return { fields, becomes: (limits) => ({ ...limits, ...changed }) }
}

function onlyOfModels(fields: JsonObject, changed: Partial<ModelLimits>): RaisedLimits {
  return { fields, becomes: (limits) => ({ ...limits, perModel: { ...limits.perModel, ...changed } }) }
}
