import { isObject } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { BudgetWindow } from './limits.ts'
import { epochMs } from './ids.ts'
import { parseBudgetDuration } from './budget-window.ts'
import { NO_MONEY, parseUsd } from './money.ts'
import type { PicoUsd } from './money.ts'
import { matchesWildcard } from './wildcard.ts'

/** The names that one and the same member of a model's budget goes by. */
export const MODEL_BUDGET_MEMBERS = {
  amount: ['budget_limit', 'max_budget'],
  period: ['time_period', 'budget_duration'],
  tokens: ['tpm_limit'],
  requests: ['rpm_limit'],
} as const

/** How much of one model, or of all whose names match. */
export interface ModelBudget {
  readonly model: string
  readonly limit: PicoUsd
  readonly window: BudgetWindow | undefined
}

/** In our words. What can't be read was not checked at the door, and lets nothing through. */
export function modelBudgets(written: Readonly<Record<string, JsonObject>>): readonly ModelBudget[] {
  return Object.entries(written).map(([model, budget]) => {
    const amount = saidIn(budget, MODEL_BUDGET_MEMBERS.amount)
    return {
      model,
      limit: (typeof amount === 'number' ? parseUsd(amount) : undefined) ?? NO_MONEY,
      window: periodicWindow(saidIn(budget, MODEL_BUDGET_MEMBERS.period)),
    }
  })
}

/** What a team's metadata says that each member may spend on single models. */
export function memberModelBudgets(metadata: JsonObject): Readonly<Record<string, JsonObject>> | undefined {
  const written = metadata[MEMBER_MODEL_BUDGETS]
  if (!isObject(written)) return undefined
  return Object.fromEntries(
    Object.entries(written).map(([model, budget]) => [model, isObject(budget) ? budget : { max_budget: budget }]),
  )
}

export const MEMBER_MODEL_BUDGETS = 'team_member_model_max_budget'

/** A budget's name means models of this name, with a provider before it or without; a star in it stands for any text. */
export function namesModel(name: string, group: string, providers: Iterable<string>): boolean {
  if (matchesWildcard(name, group) || matchesWildcard(`*/${name}`, group)) return true
  for (const provider of providers) if (matchesWildcard(name, `${provider}/${group}`)) return true
  return false
}

export function memberOf(budget: JsonObject, names: readonly string[]): JsonValue | undefined {
  const name = names.find((each) => Object.hasOwn(budget, each))
  return name === undefined ? undefined : budget[name]
}

/** Null says no more than absence does. */
function saidIn(budget: JsonObject, names: readonly string[]): JsonValue | undefined {
  return names.map((name) => memberOf(budget, [name])).find((value) => value !== undefined && value !== null)
}

/** Windows of unaligned length are counted from the epoch: it is nowhere written down when they began. */
export function periodicWindow(period: JsonValue | undefined): BudgetWindow | undefined {
  if (typeof period !== 'string' || parseBudgetDuration(period) === undefined) return undefined
  return { duration: period, anchor: epochMs(0) }
}
