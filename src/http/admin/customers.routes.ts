import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { customerBody, customerQuery, customersBody } from '../../contract/customers.ts'
import type { EndUser } from '../../domain/end-user.ts'
import type { JsonObject } from '../../domain/json.ts'
import { usdNumber } from '../../domain/money.ts'
import {
  createCustomer,
  deleteCustomers,
  setCustomersBlocked,
  updateCustomer,
} from '../../manage/budgets/keep-customers.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { describeCustomers, listCustomers, readCustomer } from '../../manage/budgets/read-customers.ts'
import type { CustomerView } from '../../manage/budgets/read-customers.ts'
import { decideRowFields } from '../../manage/keys/unsupported-fields.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, readJson, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderBudgetOrNull } from './render-limits.ts'

/** Customers of the callers, under both of their names. */
export function customerRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  write('new', 'Make a customer', customerBody, async (ask) => {
    const order = shaped(customerBody, await fieldsOf(ask, 'create'))
    return rowOf(granted(await createCustomer(order, askOf(ask), ports)))
  })

  write('update', 'Change a customer', customerBody, async (ask) => {
    const order = shaped(customerBody, await fieldsOf(ask, 'update'))
    return rowOf(granted(await updateCustomer(order, askOf(ask), ports)))
  })

  write('delete', 'Delete customers', customersBody, async (ask) => {
    const { user_ids } = shaped(customersBody, await readJson(ask))
    const gone = granted(await deleteCustomers(user_ids, askOf(ask), ports))
    const names = gone.map((id) => `'${id}'`).join(', ')
    return { deleted_customers: gone.length, message: `Successfully deleted customers with ids: [${names}]` }
  })

  write('block', 'Block customers', customersBody, (ask) => switchBlocked(ask, true))
  write('unblock', 'Unblock customers', customersBody, (ask) => switchBlocked(ask, false))

  schemaRoute(app, edge, {
    method: 'GET',
    paths: bothNames('info'),
    summary: 'Look at a customer',
    query: customerQuery,
    answer: async (ask) => {
      const { end_user_id } = shapedQuery(customerQuery, ask.request)
      return withoutNulls(render(granted(await readCustomer(end_user_id, ports))))
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: bothNames('list'),
    summary: 'List customers',
    answer: async () => (await listCustomers(ports)).map(render),
  })

  async function switchBlocked(ask: PlainAsk, blocked: boolean): Promise<object> {
    const { user_ids } = shaped(customersBody, await readJson(ask))
    const rows = granted(await setCustomersBlocked(user_ids, blocked, askOf(ask), ports))
    return { blocked_users: (await describeCustomers(rows, ports)).map(render) }
  }

  async function rowOf(customer: EndUser): Promise<object> {
    const [view] = await describeCustomers([customer], ports)
    return view === undefined ? {} : render(view)
  }

  function render({ customer, budget, spend }: CustomerView) {
    return {
      user_id: customer.id,
      alias: customer.alias ?? null,
      spend: usdNumber(spend),
      allowed_model_region: null,
      default_model: customer.defaultModel ?? null,
      budget_id: customer.budgetId ?? null,
      object_permission_id: null,
      blocked: customer.blocked,
      litellm_budget_table: renderBudgetOrNull(budget, ports.clock.now()),
    }
  }

  function write(name: string, summary: string, body: z.ZodType, answer: (ask: PlainAsk) => Promise<object>): void {
    schemaRoute(app, edge, { method: 'POST', paths: bothNames(name), summary, body, answer })
  }
}

function bothNames(name: string): readonly string[] {
  return [`/customer/${name}`, `/end_user/${name}`]
}

function withoutNulls(row: object): object {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}

async function fieldsOf(ask: PlainAsk, verb: 'create' | 'update'): Promise<JsonObject> {
  return granted(decideRowFields(await readJson(ask), verb))
}
