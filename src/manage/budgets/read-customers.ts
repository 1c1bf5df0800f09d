import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Budget } from '../../domain/budget.ts'
import type { EndUser } from '../../domain/end-user.ts'
import { parseEndUserId } from '../../domain/ids.ts'
import type { BudgetId, EndUserId } from '../../domain/ids.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { blankCustomer, customerUnknown } from './keep-customers.ts'
import type { ManagePorts } from '../ports.ts'

/** A customer with the limits and the spend that go with it. */
export interface CustomerView {
  readonly customer: EndUser
  readonly budget: Budget | undefined
  readonly spend: PicoUsd
}

/** Whoever was named in a call that cost something is there, with a row or without. */
export async function readCustomer(name: string, ports: ManagePorts): Promise<Decision<CustomerView>> {
  const id = parseEndUserId(name)
  if (id === undefined) return customerUnknown(name)
  const row = await ports.registry.rooms.endUsers.find(id)
  const spend = (await ports.ledger.spendOf('end_user', [id])).get(id)
  if (row === undefined && spend === undefined) return customerUnknown(name)
  const [view] = await describeCustomers([row ?? blankCustomer(id, ports.clock.now())], ports)
  return view === undefined ? customerUnknown(name) : allow(view)
}

export async function listCustomers(ports: ManagePorts): Promise<readonly CustomerView[]> {
  const rows = await ports.registry.rooms.endUsers.list()
  const known = new Set<string>(rows.map(({ id }) => id))
  const spend = await ports.ledger.listSpend('end_user')
  const named = [...spend.keys()].filter((id) => !known.has(id)).map(parseEndUserId)
  const others = named.filter((id): id is EndUserId => id !== undefined)
  const now = ports.clock.now()
  return describeCustomers([...rows, ...others.map((id) => blankCustomer(id, now))], ports, spend)
}

export async function describeCustomers(
  customers: readonly EndUser[],
  { registry, ledger }: ManagePorts,
  known?: ReadonlyMap<string, PicoUsd>,
): Promise<readonly CustomerView[]> {
  const spend =
    known ??
    (await ledger.spendOf(
      'end_user',
      customers.map(({ id }) => id),
    ))
  const ids = customers.map(({ budgetId }) => budgetId).filter((id): id is BudgetId => id !== undefined)
  const budgets = new Map((await registry.rooms.budgets.findMany([...new Set(ids)])).map((row) => [row.id, row]))
  return customers.map((customer) => ({
    customer,
    budget: customer.budgetId === undefined ? undefined : budgets.get(customer.budgetId),
    spend: spend.get(customer.id) ?? NO_MONEY,
  }))
}
