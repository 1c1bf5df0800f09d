import type { Limits } from './limits.ts'

/** What binds a key: what it says itself, and of what it is silent about, the row that it names. Money keeps its period. */
export function withRow(own: Limits, row: Limits | undefined): Limits {
  if (row === undefined) return own
  const { maxBudget, window } = own.maxBudget === undefined && row.maxBudget !== undefined ? row : own
  return {
    maxBudget,
    window,
    softBudget: own.softBudget ?? row.softBudget,
    perWindow: own.perWindow,
    tokensPerMinute: own.tokensPerMinute ?? row.tokensPerMinute,
    requestsPerMinute: own.requestsPerMinute ?? row.requestsPerMinute,
    parallelRequests: own.parallelRequests ?? row.parallelRequests,
    perModel: hasModelBudgets(own) ? own.perModel : { ...own.perModel, maxBudget: row.perModel.maxBudget },
  }
}

export function hasModelBudgets({ perModel }: Limits): boolean {
  for (const model in perModel.maxBudget) if (Object.hasOwn(perModel.maxBudget, model)) return true
  return false
}
