import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { parseBudgetId } from '../../domain/ids.ts'
import type { BudgetId } from '../../domain/ids.ts'
import type { Budget } from '../../domain/budget.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import { stampedNew } from '../../domain/stamps.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeChange, describeRow } from '../describe-change.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { findStale, malformed } from '../refuse.ts'
import { reviseLimits } from './revise-limits.ts'
import type { LimitWish } from './revise-limits.ts'
import { scopeOf } from '../scope-of.ts'
import { stampChange } from '../stamp-change.ts'

export interface BudgetOrder {
  readonly id: string | undefined
  readonly wish: {
    readonly limits: LimitWish
    readonly allowedModels: readonly string[] | undefined
    /** The `updated_at` of the row that the wish was made from. */
    readonly seenAt?: string | undefined
  }
}

export async function createBudget({ id, wish }: BudgetOrder, ask: Ask, ports: ManagePorts): Promise<Decision<Budget>> {
  const budgetId = parseBudgetId(id ?? ports.newId())
  if (budgetId === undefined) return malformed('`budget_id` must be a text of 1 to 255 printable ASCII characters.')
  const now = ports.clock.now()
  const limits = reviseLimits(NO_LIMITS, wish.limits, now)
  if (limits.verdict === 'deny') return limits
  const budget: Budget = {
    id: budgetId,
    isOwn: false,
    limits: limits.granted,
    allowedModels: wish.allowedModels ?? [],
    ...stampedNew(changer(ask), now),
  }
  const about = { action: 'created', objectType: 'LiteLLM_BudgetTable', objectId: budgetId } as const
  return ports.registry.change(ask.origin, about, async ({ budgets }) =>
    (await budgets.insert(budget)) === 'taken'
      ? deny('already-there', 'param_type', `Budget ${budgetId} already exists.`)
      : allow({ outcome: budget, records: [{ ...about, before: {}, after: describeRow(budget) }] }),
  )
}

export async function updateBudget({ id, wish }: BudgetOrder, ask: Ask, ports: ManagePorts): Promise<Decision<Budget>> {
  if (id === undefined) return malformed('budget_id is required')
  const about = { action: 'updated', objectType: 'LiteLLM_BudgetTable', objectId: id } as const
  return ports.registry.change(ask.origin, about, async ({ budgets }) => {
    const current = await findBudget(id, budgets)
    if (current === undefined) return budgetNotFound(id)
    const stale = findStale(wish.seenAt, current)
    if (stale !== undefined) return stale
    const limits = reviseLimits(current.limits, wish.limits, ports.clock.now())
    if (limits.verdict === 'deny') return limits
    const allowedModels = wish.allowedModels ?? current.allowedModels
    const row = stampChange(current, { ...current, limits: limits.granted, allowedModels }, ask, ports)
    await budgets.update(row)
    return allow({ outcome: row, records: [{ ...about, ...describeChange(current, row) }] })
  })
}

/** Whatever uses it would go on without a limit, so that one in use stays. */
export async function deleteBudget(id: string, ask: Ask, ports: ManagePorts): Promise<Decision<Budget>> {
  const about = { action: 'deleted', objectType: 'LiteLLM_BudgetTable', objectId: id } as const
  return ports.registry.change(ask.origin, about, async ({ budgets }) => {
    const current = await findBudget(id, budgets)
    if (current === undefined) return budgetNotFound(id)
    const uses = await budgets.countUses(current.id)
    if (uses > 0) {
      return deny(
        'budget-in-use',
        'param_type',
        `Budget ${id} is in use (${uses} times). Take it away from what uses it first.`,
      )
    }
    await budgets.delete([current.id])
    return allow({ outcome: current, records: [{ ...about, before: describeRow(current), after: {} }] })
  })
}

/** Those of these names that there are, for administrators of organisations those of their organisations. */
export async function readBudgets(
  names: readonly string[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly Budget[]>> {
  if (names.length === 0) return malformed('Specify list of budget ids to query.')
  const ids = names.map(parseBudgetId).filter((id): id is BudgetId => id !== undefined)
  const seen = await budgetsInReach(ask, ports)
  const wanted = seen === 'all' ? ids : ids.filter((id) => seen.has(id))
  return allow(await ports.registry.rooms.budgets.findMany(wanted))
}

export async function listBudgets(ask: Ask, ports: ManagePorts): Promise<readonly Budget[]> {
  const { budgets } = ports.registry.rooms
  const seen = await budgetsInReach(ask, ports)
  return seen === 'all' ? budgets.list() : budgets.findMany([...seen])
}

export async function readBudget(id: string, ask: Ask, ports: ManagePorts): Promise<Decision<Budget>> {
  const found = await readBudgets([id], ask, ports)
  if (found.verdict === 'deny') return found
  const [budget] = found.granted
  return budget === undefined ? budgetNotFound(id) : allow(budget)
}

async function budgetsInReach({ reach }: Ask, { registry }: ManagePorts): Promise<ReadonlySet<BudgetId> | 'all'> {
  if (reach.scope === 'all') return 'all'
  const organizations = await registry.rooms.organizations.list({ scope: scopeOf(reach) })
  return new Set(organizations.map(({ budgetId }) => budgetId))
}

async function findBudget(id: string, budgets: Rooms['budgets']): Promise<Budget | undefined> {
  const parsed = parseBudgetId(id)
  return parsed === undefined ? undefined : budgets.find(parsed)
}

function budgetNotFound(id: string): Denied {
  return deny('budget-not-found', 'object_denied', `Budget not found, passed budget_id=${id}`)
}
