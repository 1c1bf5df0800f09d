import { compareWindows, parseBudgetDuration } from './budget-window.ts'
import { epochMs } from './ids.ts'
import type { JsonObject } from './json.ts'
import type { Ceiling, Limits } from './limits.ts'
import { MODEL_BUDGET_MEMBERS as MEMBERS, memberOf } from './model-budget.ts'

type Amounts = Readonly<Record<string, number>> | undefined
type ModelBudgets = NonNullable<Limits['perModel']['maxBudget']>

/** Of each limit, whether the change lets more through. The type makes the list whole. */
const RAISES: Readonly<Record<keyof Limits, (before: Limits, after: Limits) => boolean>> = {
  maxBudget: (before, after) => grows(before.maxBudget, after.maxBudget),
  softBudget: (before, after) => grows(before.softBudget, after.softBudget),
  window: windowGrows,
  perWindow: (before, after) => before.perWindow.some((slot) => !after.perWindow.some((other) => binds(other, slot))),
  tokensPerMinute: (before, after) => grows(before.tokensPerMinute, after.tokensPerMinute),
  requestsPerMinute: (before, after) => grows(before.requestsPerMinute, after.requestsPerMinute),
  parallelRequests: (before, after) => grows(before.parallelRequests, after.parallelRequests),
  perModel: ({ perModel: before }, { perModel: after }) =>
    anyGrows(before.tokensPerMinute, after.tokensPerMinute) ||
    anyGrows(before.requestsPerMinute, after.requestsPerMinute) ||
    anyBudgetGrows(before.maxBudget ?? {}, after.maxBudget ?? {}),
}

const KNOWN_MEMBERS: ReadonlySet<string> = new Set(Object.values(MEMBERS).flat())

/**
 * The first limit that is larger afterwards: a larger number, none where there was one, or the same money for a shorter
 * time. Lowering another limit at the same time buys nothing.
 */
export function isRaise(before: Limits, after: Limits): keyof Limits | undefined {
  return LIMITS.find((name) => RAISES[name](before, after))
}

const LIMITS = [
  'maxBudget',
  'softBudget',
  'window',
  'perWindow',
  'tokensPerMinute',
  'requestsPerMinute',
  'parallelRequests',
  'perModel',
] as const satisfies readonly (keyof Limits)[]

function grows<Amount extends number | bigint>(before: Amount | undefined, after: Amount | undefined): boolean {
  return before !== undefined && (after === undefined || after > before)
}

/** Money without a window is money once and for all: a window makes it come back. Without money there is nothing to. */
function windowGrows(before: Limits, after: Limits): boolean {
  if (before.maxBudget === undefined || after.window === undefined) return false
  return before.window === undefined || compareWindows(before.window, after.window) === 'other'
}

/** Whether the one lets nothing through that the other would not. */
function binds(one: Ceiling, other: Ceiling): boolean {
  if (one.maxBudget > other.maxBudget) return false
  if (one.window === undefined) return true
  return other.window !== undefined && compareWindows(other.window, one.window) !== 'other'
}

function anyGrows(before: Amounts, after: Amounts): boolean {
  return Object.entries(before ?? {}).some(([model, amount]) => grows(amount, own(after ?? {}, model)))
}

function anyBudgetGrows(before: ModelBudgets, after: ModelBudgets): boolean {
  return Object.entries(before).some(([model, budget]) => {
    const changed = own(after, model)
    return changed === undefined || modelBudgetGrows(budget, changed)
  })
}

/** What is not understood is a raise, unless it stayed as it was. */
function modelBudgetGrows(before: JsonObject, after: JsonObject): boolean {
  const strange = [...Object.keys(before), ...Object.keys(after)].filter((name) => !KNOWN_MEMBERS.has(name))
  if (Object.values(MEMBERS).some((names) => isAmbiguous(before, names) || isAmbiguous(after, names))) return true
  if (strange.some((name) => JSON.stringify(own(before, name)) !== JSON.stringify(own(after, name)))) return true
  return (
    numberGrows(before, after, MEMBERS.amount) ||
    numberGrows(before, after, MEMBERS.tokens) ||
    numberGrows(before, after, MEMBERS.requests) ||
    periodGrows(before, after)
  )
}

function numberGrows(before: JsonObject, after: JsonObject, names: readonly string[]): boolean {
  const [one, other] = [memberOf(before, names), memberOf(after, names)]
  if (one === undefined || one === null) return false
  return typeof one !== 'number' || typeof other !== 'number' || other > one
}

function periodGrows(before: JsonObject, after: JsonObject): boolean {
  const [one, other] = [memberOf(before, MEMBERS.period), memberOf(after, MEMBERS.period)]
  if (one === other || other === undefined || other === null) return false
  if (typeof one !== 'string' || typeof other !== 'string') return true
  if (parseBudgetDuration(one) === undefined || parseBudgetDuration(other) === undefined) return true
  return compareWindows({ duration: one, anchor: epochMs(0) }, { duration: other, anchor: epochMs(0) }) === 'other'
}

function isAmbiguous(budget: JsonObject, names: readonly string[]): boolean {
  return names.filter((name) => Object.hasOwn(budget, name)).length > 1
}

function own<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}
