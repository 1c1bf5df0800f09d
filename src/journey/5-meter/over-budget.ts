import type { BudgetKind } from '../../domain/budget-level.ts'
import type { Denied } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { NO_MONEY, usdText } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { parseMemberSpendId } from '../../ports/ledger.ts'
import type { Reservation } from '../../ports/budgets.ts'

type Refused = Extract<Reservation, { verdict: 'refused' }>

export interface Refusal {
  readonly refused: Refused
  readonly least: PicoUsd
  readonly at: EpochMs
  /** `compat.budget_error_status: 400` */
  readonly as400: boolean
  /** The caller's, which is named by its display name. */
  readonly key: Pick<VirtualKey, 'displayName' | 'alias'> | undefined
}

const DAY_MS = 86_400_000

export function overBudget({ refused, least, at, as400, key }: Refusal): Denied {
  const { kind, window } = refused.level
  const ofCaller = as400 ? 'budget-exceeded-400' : 'budget-exceeded'
  const denied: Denied = {
    verdict: 'deny',
    problem: kind === 'provider' ? 'provider-budget' : ofCaller,
    because: 'budget_exceeded',
    say: textOf(refused, key) + more(refused, least),
  }
  const wait = window === undefined ? undefined : window.end - at
  return wait === undefined || wait > DAY_MS ? denied : { ...denied, retryAfterMs: Math.max(wait, 1) }
}

/** The words that clients of the compatible API look for. */
function textOf({ level, spent }: Refused, key: Refusal['key']): string {
  const { kind, id, limit, models, period } = level
  const [paid, most] = [usdText(spent), usdText(limit)]
  const said = `Current cost: ${paid}, Max budget: ${most}`
  const owner = OWNERS[kind](id)
  if (models !== undefined) {
    const [model] = models
    if (kind === 'key')
      return `LiteLLM Virtual Key: ${key?.displayName}, key_alias: ${key?.alias ?? 'None'}, exceeded budget for model=${model}. ${said}`
    if (kind === 'user') return `LiteLLM User: ${id}, exceeded budget for model=${model}. ${said}`
    if (kind === 'member') {
      const [team, user] = parseMemberSpendId(id)
      return `ExceededBudget: Team member model budget exceeded. User=${user}, Team=${team}, Model=${model}. Spend=$${paid}, Budget=$${most}`
    }
    return `Budget has been exceeded! ${owner}Model=${model} ${said}`
  }
  if (period !== undefined)
    return `ExceededBudget: ${owner || 'Key '}over ${period} budget. Spend=$${paid}, Limit=$${most}`
  if (kind === 'provider') return `No deployments available - crossed budget: provider=${id}. ${said}`
  if (kind === 'user' || kind === 'end_user')
    return `ExceededBudget: ${owner}over budget. Spend=${paid}, Budget=${most}`
  return `Budget has been exceeded! ${owner}${said}`
}

const OWNERS: Readonly<Record<BudgetKind, (id: string) => string>> = {
  key: () => '',
  all: () => '',
  provider: () => '',
  team: (id) => `Team=${id} `,
  member: (id) => {
    const [team, user] = parseMemberSpendId(id)
    return `User=${user} in Team=${team} `
  },
  user: (id) => `User=${id} `,
  organization: (id) => `Organization=${id} `,
  end_user: (id) => `End User=${id} `,
  tag: (id) => `Tag=${id} `,
}

function more({ level: { kind, limit, window }, spent, held }: Refused, least: PicoUsd): string {
  const whose = kind === 'all' ? '. This is the budget of the whole gateway' : ''
  const others = held === NO_MONEY ? 'This call' : `Calls under way may cost up to ${usdText(held)}, and this one`
  const why = spent >= limit ? '' : `. ${others} costs ${usdText(least)} or more`
  const when = window === undefined ? '' : `. The budget starts anew at ${new Date(window.end).toISOString()}`
  return whose + why + when
}
