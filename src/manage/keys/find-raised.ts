import { widensTools } from '../../domain/allowed-tools.ts'
import { blockerOf } from '../../domain/blocker.ts'
import type { Budget } from '../../domain/budget.ts'
import { keyOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { withRow } from '../../domain/with-row.ts'
import { findAmountBeyond, findRaise } from '../budgets/compare-limits.ts'
import type { Ask } from '../ports.ts'
import { findShed } from './inherit-bounds.ts'
import type { KeyGrounds } from './key-grounds.ts'
import { givesOtherMeaning } from './limited-aliases.ts'
import { boundsOf } from './own-bounds.ts'
import type { OwnBounds } from './own-bounds.ts'

/** Z-15, Z-20: an owner lowers; to raise takes the team's or the organisation's administrator, within what these have. */
export function findRaised(
  before: VirtualKey | undefined,
  key: VirtualKey,
  { place, user, team, organizationBudget, budget, callersBudget }: KeyGrounds,
  { principal }: Ask,
): string | undefined {
  const mayRaise = ['team_admin', 'org_admin'].includes(blockerOf(principal, place))
  const loosened = before === undefined || mayRaise ? undefined : findLoosened(before, key, budget)
  if (loosened !== undefined) return loosened
  const own = mayRaise ? undefined : boundOf(principal, callersBudget)
  const shed = before === undefined && own !== undefined ? findShed(withBudget(key, callersBudget), own) : undefined
  if (shed !== undefined) return shed
  for (const ceiling of [
    own?.limits,
    place.teamId === undefined ? user?.user.limits : team?.limits,
    organizationBudget?.limits,
  ]) {
    const beyond = ceiling === undefined ? undefined : findAmountBeyond(key.limits, ceiling, before?.limits)
    if (beyond !== undefined) return beyond
  }
  return undefined
}

/** A narrowed key makes none that outgrows it, and does not outgrow itself. */
export function findOutgrown(
  before: VirtualKey | undefined,
  key: VirtualKey,
  { budget, callersBudget }: KeyGrounds,
  { principal }: Ask,
): string | undefined {
  const own = boundOf(principal, callersBudget)
  if (own === undefined) return undefined
  if (before === undefined)
    return findShed(withBudget(key, callersBudget), own) ?? findAmountBeyond(key.limits, own.limits)
  return before.digest === keyOf(principal)?.digest ? findLoosened(before, key, budget) : undefined
}

/** What bound the key so far, beside its lists, and does so no more. */
function findLoosened(before: VirtualKey, key: VirtualKey, budget: Budget | undefined): string | undefined {
  const isLonger = before.expiresAt !== undefined && (key.expiresAt === undefined || key.expiresAt > before.expiresAt)
  if (isLonger) return 'duration'
  // Who says something oneself takes it out of what the shared row says: that one stays the same here.
  const raised = findRaise(withBudget(before, budget).limits, withBudget(key, budget).limits)
  if (raised !== undefined) return raised
  if (givesOtherMeaning(withBudget(before, budget), key)) return 'aliases'
  if (key.temporaryBudget !== before.temporaryBudget) return 'temp_budget_increase'
  if (before.enforcedParams.some((name) => !key.enforcedParams.includes(name))) return 'enforced_params'
  if (before.tags.some((tag) => !key.tags.includes(tag))) return 'tags'
  return widensTools(before.metadata, key.metadata) ? 'metadata.allowed_tools' : undefined
}

function boundOf(principal: Principal, budget: Budget | undefined): OwnBounds | undefined {
  const own = boundsOf(principal)
  return own === undefined ? undefined : withBudget(own, budget)
}

/** With what the row says that it names. */
function withBudget<Bounded extends Pick<VirtualKey, 'limits' | 'budgetId'>>(
  bounded: Bounded,
  budget: Budget | undefined,
): Bounded {
  return { ...bounded, limits: withRow(bounded.limits, bounded.budgetId === budget?.id ? budget?.limits : undefined) }
}
