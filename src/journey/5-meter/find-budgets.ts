import type { BudgetLevel } from '../../domain/budget-level.ts'
import type { Budget } from '../../domain/budget.ts'
import type { BudgetId, EpochMs } from '../../domain/ids.ts'
import { Problem } from '../../domain/problem.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import { budgetsOf, mayHaveBudget } from './budgets-of.ts'
import type { Concerned, FindBudget } from './budgets-of.ts'

const NONE: readonly BudgetLevel[] = []
const NO_TAGS: ReadonlyMap<string, BudgetId> = new Map()

export interface BudgetQuery extends Omit<Concerned, 'tagRows'> {
  readonly at: EpochMs
}

type Levels = readonly BudgetLevel[]

/** What is stored about tags and limits is read through the directory; without a promise when it knows. */
export function findBudgets(query: BudgetQuery, directory: WarmDirectory): Levels | Promise<Levels> {
  const rows = query.tags.length === 0 ? NO_TAGS : directory.peekTagBudgets()
  if (rows !== 'ask') return withTags(query, rows ?? NO_TAGS, directory)
  return directory.findTagBudgets().then((found) => withTags(query, found, directory), unavailable)
}

function withTags(
  query: BudgetQuery,
  tagRows: ReadonlyMap<string, BudgetId>,
  directory: WarmDirectory,
): Levels | Promise<Levels> {
  if (!mayHaveBudget(query, tagRows)) return NONE
  return withBudgetRows(directory, (findBudget) => budgetsOf({ ...query, tagRows }, findBudget, query.at))
}

/** What is made of rows of limits; without a promise when the directory knows all that are asked for. */
export function withBudgetRows<Made>(
  directory: WarmDirectory,
  make: (findBudget: FindBudget) => Made,
): Made | Promise<Made> {
  const cold: BudgetId[] = []
  const known = new Map<BudgetId, Budget | undefined>()
  const made = make((id) => {
    const budget = directory.peekBudget(id)
    if (budget === 'ask') cold.push(id)
    else known.set(id, budget)
    return budget === 'ask' ? undefined : budget
  })
  if (cold.length === 0) return made
  return askBudgets(cold, known, directory).then(() => make((id) => known.get(id)))
}

async function askBudgets(
  cold: readonly BudgetId[],
  known: Map<BudgetId, Budget | undefined>,
  directory: WarmDirectory,
): Promise<void> {
  try {
    await Promise.all(cold.map(async (id) => known.set(id, await directory.findBudget(id))))
  } catch (cause) {
    unavailable(cause)
  }
}

/** An error is never an absence: a budget that could not be read is not "no budget". */
function unavailable(cause: unknown): never {
  throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
}
