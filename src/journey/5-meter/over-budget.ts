import type { BudgetKind, BudgetLevel } from '../../domain/budget-level.ts'
import type { Denied } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { usdText } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { parseMemberSpendId } from '../../ports/ledger.ts'
import type { Reservation } from '../../ports/budgets.ts'

type Refused = Extract<Reservation, { verdict: 'refused' }>

/** The words that clients of the compatible API look for. */
const TEXTS: Readonly<Record<BudgetKind, (id: string, spent: string, limit: string) => string>> = {
  key: (_id, spent, limit) => `Budget has been exceeded! Current cost: ${spent}, Max budget: ${limit}`,
  team: (id, spent, limit) => `Budget has been exceeded! Team=${id} Current cost: ${spent}, Max budget: ${limit}`,
  member: (id, spent, limit) => `Budget has been exceeded! ${member(id)} Current cost: ${spent}, Max budget: ${limit}`,
  user: (id, spent, limit) => `ExceededBudget: User=${id} over budget. Spend=${spent}, Budget=${limit}`,
  organization: (id, spent, limit) =>
    `Budget has been exceeded! Organization=${id} Current cost: ${spent}, Max budget: ${limit}`,
  end_user: (id, spent, limit) => `ExceededBudget: End User=${id} over budget. Spend=${spent}, Budget=${limit}`,
}

const DAY_MS = 86_400_000

export function overBudget({ level, spent, held }: Refused, least: PicoUsd, now: EpochMs, as400: boolean): Denied {
  const denied: Denied = {
    verdict: 'deny',
    problem: as400 ? 'budget-exceeded-400' : 'budget-exceeded',
    because: 'budget_exceeded',
    say: TEXTS[level.kind](level.id, usdText(spent), usdText(level.limit)) + more(level, spent, held, least),
  }
  const wait = level.window === undefined ? undefined : level.window.end - now
  return wait === undefined || wait > DAY_MS ? denied : { ...denied, retryAfterMs: Math.max(wait, 1) }
}

function more({ limit, window }: BudgetLevel, spent: PicoUsd, held: PicoUsd, least: PicoUsd): string {
  const why =
    spent >= limit
      ? ''
      : `. Calls under way may cost up to ${usdText(held)}, and this one costs ${usdText(least)} or more`
  return window === undefined ? why : `${why}. The budget starts anew at ${new Date(window.end).toISOString()}`
}

function member(id: string): string {
  const [team, user] = parseMemberSpendId(id)
  return `User=${user} in Team=${team}`
}
