import type { BudgetLevel } from '../../domain/budget-level.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Limits } from '../../domain/limits.ts'
import { MODEL_BUDGET_MEMBERS } from '../../domain/model-budget.ts'
import { usdNumber } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'

/** How much the budget has to be, and of what. */
export interface Raise {
  readonly level: BudgetLevel
  readonly ceiling: PicoUsd
}

export interface RaisedLimits {
  /** As the management API takes them. */
  readonly fields: JsonObject
  readonly limits: Limits
}

export function sayRaise(whose: string, { level }: Raise): string {
  const [model] = level.models ?? []
  return model === undefined ? `Raise the budget of ${whose}.` : `Raise the budget of ${whose} for the model ${model}.`
}

/** The budget that had no room, large enough; those of other models and all other limits stay. */
export function raised(limits: Limits, { level, ceiling }: Raise): RaisedLimits {
  const amount = usdNumber(ceiling)
  if (level.period !== undefined) {
    const perWindow = limits.perWindow.map((slot) =>
      slot.window?.duration === level.period && slot.maxBudget < ceiling ? { ...slot, maxBudget: ceiling } : slot,
    )
    const slots = perWindow.map(({ maxBudget, window }) => ({
      budget_duration: window?.duration ?? '',
      max_budget: usdNumber(maxBudget),
    }))
    return { fields: { budget_limits: slots }, limits: { ...limits, perWindow } }
  }
  if (level.models === undefined) return { fields: { max_budget: amount }, limits: { ...limits, maxBudget: ceiling } }
  const [model] = level.models
  const maxBudget = limits.perModel.maxBudget ?? {}
  const before = Object.hasOwn(maxBudget, model) ? (maxBudget[model] ?? {}) : {}
  const name = MODEL_BUDGET_MEMBERS.amount.find((each) => Object.hasOwn(before, each)) ?? MODEL_BUDGET_MEMBERS.amount[0]
  const wider = { ...maxBudget, [model]: { ...before, [name]: amount } }
  return {
    fields: { model_max_budget: wider },
    limits: { ...limits, perModel: { ...limits.perModel, maxBudget: wider } },
  }
}
