import type { AuditAction, AuditDraft } from '../../domain/audit-record.ts'
import type { Budget } from '../../domain/budget.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { parseBudgetId } from '../../domain/ids.ts'
import type { BudgetId } from '../../domain/ids.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import { stampedNew } from '../../domain/stamps.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeChange } from '../describe-change.ts'
import { freshId } from '../new-id.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { boundsNothing, reviseLimits, saysNothing } from './revise-limits.ts'
import type { LimitWish } from './revise-limits.ts'
import { malformed } from '../refuse.ts'
import { stampChange } from '../stamp-change.ts'

/**
 * The limits that somebody has, with what is wished, as a row of its own: the one there is, or a new one in the place of
 * one that is shared. Nothing is written.
 */
export function reviseOwnBudget(
  current: Budget | undefined,
  wish: LimitWish,
  ask: Pick<Ask, 'origin'>,
  ports: Pick<ManagePorts, 'clock' | 'newId'>,
): Decision<Budget> {
  const now = ports.clock.now()
  const limits = reviseLimits(current?.limits ?? NO_LIMITS, wish, now)
  if (limits.verdict === 'deny') return limits
  if (current?.isOwn === true) return allow(stampChange(current, { ...current, limits: limits.granted }, ask, ports))
  return allow({
    id: freshId(parseBudgetId, ports),
    isOwn: true,
    limits: limits.granted,
    allowedModels: current?.allowedModels ?? [],
    ...stampedNew(changer(ask), now),
  })
}

/** With what there is to tell about it, for objects that don't tell of their budget themselves. */
export async function saveBudget(
  budget: Budget,
  before: Budget | undefined,
  { budgets }: Pick<Rooms, 'budgets'>,
): Promise<AuditDraft> {
  if (before?.id === budget.id) {
    await budgets.update(budget)
    return aboutBudget('updated', budget.id, before, budget)
  }
  await budgets.insert(budget)
  return aboutBudget('created', budget.id, {}, budget)
}

export async function budgetOf(
  id: BudgetId | undefined,
  { budgets }: Pick<Rooms, 'budgets'>,
): Promise<Budget | undefined> {
  return id === undefined ? undefined : budgets.find(id)
}

export interface BudgetChoice {
  /** Of a shared row. Null: none of those, nor the one there is. */
  readonly budgetId: string | null | undefined
  /** For a row of its own. */
  readonly limits: LimitWish
}

/** With what there is to tell about it. */
interface ChosenBudget {
  readonly id: BudgetId | undefined
  readonly records: readonly AuditDraft[]
}

/** The budget that an object goes on with: a shared one that is named, a row of its own, or as it was. */
export async function chooseBudget(
  current: BudgetId | undefined,
  { budgetId, limits }: BudgetChoice,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<ChosenBudget>> {
  const before = await budgetOf(budgetId === null ? undefined : current, rooms)
  if (typeof budgetId === 'string') {
    const named = budgetId === before?.id ? before : await budgetOf(parseBudgetId(budgetId), rooms)
    if (named === undefined || (named.isOwn && named !== before)) {
      return deny('budget-not-found', 'object_denied', `Budget not found, passed budget_id=${budgetId}`)
    }
    if (!named.isOwn) return boundsNothing(limits) ? allow({ id: named.id, records: [] }) : twoBudgets()
  }
  const saysNull = before?.isOwn === true && Object.values(limits).includes(null)
  if (saysNothing(limits) && !saysNull) return allow({ id: before?.id, records: [] })

  const own = reviseOwnBudget(before, limits, ask, ports)
  if (own.verdict === 'deny') return own
  return allow({ id: own.granted.id, records: [await saveBudget(own.granted, before, rooms)] })
}

/** Limits beside the name of a shared row would be dropped, or change what others use. */
export function twoBudgets(): Denied {
  return malformed('`budget_id` and limits say different things. Send one of them.')
}

/** Once what used them is gone or uses others. Shared ones stay. */
export async function dropOwnBudgets(
  ids: readonly (BudgetId | undefined)[],
  rooms: Rooms,
): Promise<readonly AuditDraft[]> {
  const named = [...new Set(ids.filter((id) => id !== undefined))]
  const own = (await rooms.budgets.findMany(named)).filter(({ isOwn }) => isOwn)
  await rooms.budgets.delete(own.map(({ id }) => id))
  return own.map((row) => aboutBudget('deleted', row.id, row, {}))
}

function aboutBudget(action: AuditAction, objectId: BudgetId, before: object, after: object): AuditDraft {
  return { action, objectType: 'LiteLLM_BudgetTable', objectId, ...describeChange(before, after) }
}
