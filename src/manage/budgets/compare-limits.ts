import type { Limits } from '../../domain/limits.ts'
import { isRaise } from '../../domain/raise.ts'

/** As callers spell them. */
const NAMES: Readonly<Record<keyof Limits, string>> = {
  maxBudget: 'max_budget',
  softBudget: 'soft_budget',
  window: 'budget_duration',
  perWindow: 'budget_limits',
  tokensPerMinute: 'tpm_limit',
  requestsPerMinute: 'rpm_limit',
  parallelRequests: 'max_parallel_requests',
  perModel: 'limits per model',
}

const AMOUNTS = ['maxBudget', 'tokensPerMinute', 'requestsPerMinute', 'parallelRequests'] as const

/** The first amount that is named and larger than the ceiling's. What is not named is bounded by the ceiling anyway. */
export function findAmountBeyond(limits: Limits, ceiling: Limits, before?: Limits): string | undefined {
  const name = AMOUNTS.find((each) => {
    const [amount, most] = [limits[each], ceiling[each]]
    return amount !== undefined && most !== undefined && amount > most && amount !== before?.[each]
  })
  return name === undefined ? undefined : NAMES[name]
}

export function findRaise(before: Limits, after: Limits): string | undefined {
  const name = isRaise(before, after)
  return name === undefined ? undefined : NAMES[name]
}
