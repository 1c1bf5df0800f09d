import type { AuditAction, AuditDraft } from '../../domain/audit-record.ts'
import type { Budget } from '../../domain/budget.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseBudgetId } from '../../domain/ids.ts'
import type { BudgetId } from '../../domain/ids.ts'
import type { Limits } from '../../domain/limits.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import { stampedNew } from '../../domain/stamps.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeChange } from '../describe-change.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { reviseLimits, saysNothing } from './revise-limits.ts'
import type { LimitWish } from './revise-limits.ts'
import { stampChange } from '../stamp-change.ts'

export interface BudgetChoice {
  /** Of a shared row. */
  readonly budgetId: string | undefined
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
  if (budgetId !== undefined) {
    const id = parseBudgetId(budgetId)
    const shared = id === undefined ? undefined : await rooms.budgets.find(id)
    if (shared === undefined || (shared.isOwn && shared.id !== current)) {
      return deny('budget-not-found', 'object_denied', `Budget not found, passed budget_id=${budgetId}`)
    }
    return allow({ id: shared.id, records: [] })
  }
  const before = current === undefined ? undefined : await rooms.budgets.find(current)
  const saysNull = before?.isOwn === true && Object.values(limits).includes(null)
  if (saysNothing(limits) && !saysNull) return allow({ id: current, records: [] })

  const revised = reviseLimits(before?.limits ?? NO_LIMITS, limits, ports.clock.now())
  if (revised.verdict === 'deny') return revised
  if (before?.isOwn === true) {
    const row = stampChange(before, { ...before, limits: revised.granted }, ask, ports)
    await rooms.budgets.update(row)
    return allow({ id: row.id, records: [aboutBudget('updated', row.id, before, row)] })
  }
  const { id, records } = await insertOwnBudget(revised.granted, ask, rooms, ports)
  return allow({ id, records })
}

/** For an object that is its only user, and is gone with it. */
export async function insertOwnBudget(
  limits: Limits,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<{ readonly id: BudgetId; readonly records: readonly AuditDraft[] }> {
  const id = parseBudgetId(ports.newId())
  if (id === undefined) throw new Error('an id of ours is no id')
  const row: Budget = {
    id,
    isOwn: true,
    limits,
    allowedModels: [],
    ...stampedNew(changer(ask), ports.clock.now()),
  }
  await rooms.budgets.insert(row)
  return { id, records: [aboutBudget('created', id, {}, row)] }
}

function aboutBudget(action: AuditAction, objectId: BudgetId, before: object, after: object): AuditDraft {
  return { action, objectType: 'LiteLLM_BudgetTable', objectId, ...describeChange(before, after) }
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
