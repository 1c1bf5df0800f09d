import { parseBudgetDuration } from '../../domain/budget-window.ts'
import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { BudgetWindow, Ceiling, Limits } from '../../domain/limits.ts'
import { parseUsd } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { malformed } from '../refuse.ts'

/** One of several budgets for the same. */
interface SlotWish {
  readonly maxBudget: number
  readonly budgetDuration: string
}

/** What may be said about limits. Undefined: left as it is. Null: taken away. */
export interface LimitWish {
  readonly maxBudget?: number | null | undefined
  readonly softBudget?: number | null | undefined
  readonly budgetDuration?: string | null | undefined
  readonly budgetLimits?: readonly SlotWish[] | null | undefined
  readonly tokensPerMinute?: number | null | undefined
  readonly requestsPerMinute?: number | null | undefined
  readonly parallelRequests?: number | null | undefined
  readonly modelMaxBudget?: Readonly<Record<string, JsonObject>> | null | undefined
  readonly modelRequestsPerMinute?: Readonly<Record<string, number>> | null | undefined
  readonly modelTokensPerMinute?: Readonly<Record<string, number>> | null | undefined
}

/** The limits with what is wished, or why they can't be so. */
export function reviseLimits(current: Limits, wish: LimitWish, now: EpochMs): Decision<Limits> {
  const maxBudget = money('max_budget', wish.maxBudget, current.maxBudget)
  if (maxBudget.verdict === 'deny') return maxBudget
  const softBudget = money('soft_budget', wish.softBudget, current.softBudget)
  if (softBudget.verdict === 'deny') return softBudget
  const window = windowOf(wish.budgetDuration, current.window, now)
  if (window.verdict === 'deny') return window
  const perWindow = slotsOf(wish.budgetLimits, current.perWindow, now)
  if (perWindow.verdict === 'deny') return perWindow
  const counts = decideCounts(wish)
  if (counts.verdict === 'deny') return counts
  const perModelBudget = decideModelBudgets(wish.modelMaxBudget ?? {})
  if (perModelBudget.verdict === 'deny') return perModelBudget

  const { perModel } = current
  return allow({
    maxBudget: maxBudget.granted,
    softBudget: softBudget.granted,
    window: window.granted,
    perWindow: perWindow.granted,
    tokensPerMinute: kept(wish.tokensPerMinute, current.tokensPerMinute),
    requestsPerMinute: kept(wish.requestsPerMinute, current.requestsPerMinute),
    parallelRequests: kept(wish.parallelRequests, current.parallelRequests),
    perModel: {
      maxBudget: kept(wish.modelMaxBudget, perModel.maxBudget),
      tokensPerMinute: kept(wish.modelTokensPerMinute, perModel.tokensPerMinute),
      requestsPerMinute: kept(wish.modelRequestsPerMinute, perModel.requestsPerMinute),
    },
  })
}

/** Everything is left as it is. */
export function isSilent(wish: LimitWish): boolean {
  return Object.values(wish).every((value) => value === undefined)
}

/** Nothing of what a new row would have. */
export function saysNothing(wish: LimitWish): boolean {
  return Object.values(wish).every((value) => value === undefined || value === null)
}

/** Nothing that would bound anybody: resource managers send what is empty as well. */
export function boundsNothing(wish: LimitWish): boolean {
  const isEmpty = (value: unknown): boolean => typeof value === 'object' && Object.keys(value ?? {}).length === 0
  return Object.values(wish).every((value) => value === undefined || isEmpty(value))
}

function kept<Value>(wished: Value | null | undefined, current: Value | undefined): Value | undefined {
  return wished === undefined ? current : (wished ?? undefined)
}

function money(
  name: string,
  wished: number | null | undefined,
  current: PicoUsd | undefined,
): Decision<PicoUsd | undefined> {
  if (wished === undefined) return allow(current)
  if (wished === null) return allow(undefined)
  if (wished < 0) return malformed(`${name} cannot be negative. Received: ${wished}`)
  const amount = parseUsd(wished)
  return amount === undefined ? malformed(`\`${name}\` is beyond what an amount can be.`) : allow(amount)
}

function windowOf(
  wished: string | null | undefined,
  current: BudgetWindow | undefined,
  now: EpochMs,
): Decision<BudgetWindow | undefined> {
  if (wished === undefined) return allow(current)
  if (wished === null || wished === 'none' || wished === 'null') return allow(undefined)
  const duration = parseBudgetDuration(wished)
  if (duration === undefined) {
    return malformed(
      `Invalid duration format: \`budget_duration\` is a whole number and s, m, h, d, w, or 1mo, or a word such as monthly. Received: ${wished.slice(0, 40)}`,
    )
  }
  return allow(duration === current?.duration ? current : { duration, anchor: now })
}

/** A period that was there before goes on as it was. */
function slotsOf(
  wished: readonly SlotWish[] | null | undefined,
  current: readonly Ceiling[],
  now: EpochMs,
): Decision<readonly Ceiling[]> {
  if (wished === undefined) return allow(current)
  const slots: Ceiling[] = []
  for (const { maxBudget: dollars, budgetDuration } of wished ?? []) {
    const before = current.find(({ window }) => window?.duration === parseBudgetDuration(budgetDuration))
    const maxBudget = money('budget_limits.max_budget', dollars, undefined)
    if (maxBudget.verdict === 'deny') return maxBudget
    const window = windowOf(budgetDuration, before?.window, now)
    if (window.verdict === 'deny') return window
    if (maxBudget.granted !== undefined) slots.push({ maxBudget: maxBudget.granted, window: window.granted })
  }
  return allow(slots)
}

function decideCounts(wish: LimitWish): Decision<undefined> {
  const counts: readonly (readonly [string, number | null | undefined])[] = [
    ['tpm_limit', wish.tokensPerMinute],
    ['rpm_limit', wish.requestsPerMinute],
    ['max_parallel_requests', wish.parallelRequests],
    ...Object.entries(wish.modelTokensPerMinute ?? {}).map(
      ([model, count]) => [`model_tpm_limit.${model}`, count] as const,
    ),
    ...Object.entries(wish.modelRequestsPerMinute ?? {}).map(
      ([model, count]) => [`model_rpm_limit.${model}`, count] as const,
    ),
  ]
  const negative = counts.find(([, count]) => typeof count === 'number' && count < 0)
  return negative === undefined
    ? allow(undefined)
    : malformed(`${negative[0]} cannot be negative. Received: ${negative[1]}`)
}

/** `field`: where they are written. */
export function decideModelBudgets(
  budgets: Readonly<Record<string, JsonObject>>,
  field = 'model_max_budget',
): Decision<undefined> {
  for (const [model, budget] of Object.entries(budgets)) {
    const limit = budget['budget_limit'] ?? budget['max_budget']
    const period = budget['time_period'] ?? budget['budget_duration']
    if (model === '') return malformed(`\`${field}\`: a budget needs the name of a model.`)
    if (typeof limit !== 'number' || parseUsd(limit) === undefined) {
      return malformed(`\`${field}\` of ${model}: \`budget_limit\` must be an amount of at least 0.`)
    }
    if (
      period !== undefined &&
      period !== null &&
      (typeof period !== 'string' || parseBudgetDuration(period) === undefined)
    ) {
      return malformed(`\`${field}\` of ${model}: \`time_period\` must be a duration such as 1d.`)
    }
    const rate = ['rpm_limit', 'tpm_limit'].find((name) => !isCountOrNone(budget[name]))
    if (rate !== undefined) {
      return malformed(`\`${field}\` of ${model}: \`${rate}\` must be a whole number of at least 0.`)
    }
  }
  return allow(undefined)
}

function isCountOrNone(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || (Number.isSafeInteger(value) && Number(value) >= 0)
}
