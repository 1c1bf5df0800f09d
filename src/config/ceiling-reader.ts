import { isObject } from '../domain/json.ts'
import type { Ceiling } from '../domain/limits.ts'
import { MODEL_BUDGET_MEMBERS, memberOf, periodicWindow } from '../domain/model-budget.ts'
import { parseUsd } from '../domain/money.ts'
import { toJson } from './located.ts'
import { reader } from './readers.ts'
import type { Reader } from './readers.ts'

const { amount: AMOUNT, period: PERIOD } = MODEL_BUDGET_MEMBERS
const KNOWN: ReadonlySet<string> = new Set([...AMOUNT, ...PERIOD])

/** Under either of their names: how much, and how often anew. */
export const aCeiling: Reader<Ceiling> = reader('{ budget_limit: dollars, time_period: 1d }', (node) => {
  const written = toJson(node)
  if (!isObject(written) || Object.keys(written).some((name) => !KNOWN.has(name))) return undefined
  const amount = memberOf(written, AMOUNT)
  const period = memberOf(written, PERIOD)
  const maxBudget = typeof amount === 'number' ? parseUsd(amount) : undefined
  const window = periodicWindow(period)
  if (maxBudget === undefined || (period !== undefined && window === undefined)) return undefined
  return { maxBudget, window }
})
