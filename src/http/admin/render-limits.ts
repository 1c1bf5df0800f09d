import { windowAt } from '../../domain/budget-window.ts'
import type { Budget } from '../../domain/budget.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { Limits } from '../../domain/limits.ts'
import { usdNumber } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'

/** Limits as rows of the compatible API show them. */
export function renderLimits(limits: Limits, now: EpochMs) {
  const { window } = limits
  return {
    max_budget: usdOrNull(limits.maxBudget),
    budget_duration: window?.duration ?? null,
    budget_reset_at: window === undefined ? null : timeOf(windowAt(window, now).end),
    tpm_limit: limits.tokensPerMinute ?? null,
    rpm_limit: limits.requestsPerMinute ?? null,
    max_parallel_requests: limits.parallelRequests ?? null,
    model_max_budget: limits.perModel.maxBudget ?? {},
  }
}

/** Several budgets for the same; null: there are none. */
export function renderWindows({ perWindow }: Limits, now: EpochMs): readonly object[] | null {
  if (perWindow.length === 0) return null
  return perWindow.map(({ maxBudget, window }) => ({
    budget_duration: window?.duration ?? null,
    max_budget: usdNumber(maxBudget),
    reset_at: window === undefined ? null : timeOf(windowAt(window, now).end),
  }))
}

/** Limits per model come back inside of `metadata`. */
export function limitMetadata({ perModel }: Limits): object {
  return {
    ...(perModel.requestsPerMinute === undefined ? {} : { model_rpm_limit: perModel.requestsPerMinute }),
    ...(perModel.tokensPerMinute === undefined ? {} : { model_tpm_limit: perModel.tokensPerMinute }),
  }
}

export function renderBudget(budget: Budget, now: EpochMs) {
  const { limits } = budget
  return {
    budget_id: budget.id,
    ...renderLimits(limits, now),
    soft_budget: usdOrNull(limits.softBudget),
    model_max_budget: limits.perModel.maxBudget ?? null,
    allowed_models: budget.allowedModels,
    ...renderStamps(budget),
  }
}

export function renderBudgetOrNull(budget: Budget | undefined, now: EpochMs): object | null {
  return budget === undefined ? null : renderBudget(budget, now)
}

/** By the name in the budget. */
export function renderModelSpend(spend: ReadonlyMap<string, PicoUsd> | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries([...(spend ?? [])].map(([model, amount]) => [model, usdNumber(amount)]))
}

export function renderStamps(row: {
  readonly createdAt: EpochMs
  readonly createdBy: string
  readonly updatedAt: EpochMs
  readonly updatedBy: string
}) {
  return {
    created_at: timeOf(row.createdAt),
    created_by: row.createdBy,
    updated_at: timeOf(row.updatedAt),
    updated_by: row.updatedBy,
  }
}

export function usdOrNull(amount: PicoUsd | undefined): number | null {
  return amount === undefined ? null : usdNumber(amount)
}

export function timeOf(at: EpochMs): string {
  return new Date(at).toISOString()
}

export function timeOrNull(at: EpochMs | undefined): string | null {
  return at === undefined ? null : timeOf(at)
}
