import type { OperatorBudgets } from '../domain/limits.ts'
import { periodicWindow } from '../domain/model-budget.ts'
import { parseUsd } from '../domain/money.ts'
import { LITELLM } from './known-litellm-settings.ts'
import { ROUTER } from './known-router-settings.ts'
import type { Section } from './section.ts'

/** As in the compatible configuration, 0 for all means that there is no bound. */
export function readBudgets(litellm: Section, router: Section): OperatorBudgets {
  const maxBudget = parseUsd(litellm.take(LITELLM.maxBudget) ?? 0)
  const window = periodicWindow(litellm.take(LITELLM.budgetDuration))
  return {
    everybody: maxBudget === undefined || maxBudget === 0n ? undefined : { maxBudget, window },
    tags: litellm.take(LITELLM.tagBudgets) ?? new Map(),
    providers: router.take(ROUTER.providerBudgets) ?? new Map(),
  }
}
