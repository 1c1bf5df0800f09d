import type { FastifyInstance } from 'fastify'
import { budgetBody, budgetInfoBody, budgetSettingsQuery, deleteBudgetBody } from '../../contract/budgets.ts'
import type { Budget } from '../../domain/budget.ts'
import type { JsonObject } from '../../domain/json.ts'
import {
  createBudget,
  deleteBudget,
  listBudgets,
  readBudget,
  readBudgets,
  updateBudget,
} from '../../manage/budgets/keep-budgets.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { decideRowFields } from '../../manage/keys/unsupported-fields.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, readJson, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderBudget } from './render-limits.ts'

const SETTINGS = [
  ['max_budget', 'Float', 'Once so many dollars are spent in a window, calls are refused.'],
  ['soft_budget', 'Float', 'Once so many dollars are spent in a window, it is told; calls go on.'],
  ['budget_duration', 'String', 'How long a window is, such as 30d.'],
  ['tpm_limit', 'Integer', 'Tokens per minute.'],
  ['rpm_limit', 'Integer', 'Requests per minute.'],
  ['max_parallel_requests', 'Integer', 'Requests at the same time.'],
  ['model_max_budget', 'Object', 'Dollars per model, each with its own window.'],
] as const

/** Shared rows of limits. */
export function budgetRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  const render = (budget: Budget) => renderBudget(budget, ports.clock.now())

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/budget/new'],
    summary: 'Make a budget',
    body: budgetBody,
    answer: async (ask) => {
      const order = shaped(budgetBody, await fieldsOf(ask, 'create'))
      return render(granted(await createBudget(order, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/budget/update'],
    summary: 'Change a budget',
    body: budgetBody,
    answer: async (ask) => {
      const order = shaped(budgetBody, await fieldsOf(ask, 'update'))
      return render(granted(await updateBudget(order, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/budget/delete'],
    summary: 'Delete a budget that nothing uses',
    body: deleteBudgetBody,
    answer: async (ask) => {
      const { id } = shaped(deleteBudgetBody, await readJson(ask))
      return render(granted(await deleteBudget(id, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/budget/info'],
    summary: 'Look at budgets',
    body: budgetInfoBody,
    answer: async (ask) => {
      const { budgets } = shaped(budgetInfoBody, await readJson(ask))
      return granted(await readBudgets(budgets, askOf(ask), ports)).map(render)
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/budget/list'],
    summary: 'List budgets',
    answer: async (ask) => (await listBudgets(askOf(ask), ports)).map(render),
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/budget/settings'],
    summary: 'Describe the fields of a budget',
    query: budgetSettingsQuery,
    answer: async (ask) => {
      const { budget_id } = shapedQuery(budgetSettingsQuery, ask.request)
      const row = render(granted(await readBudget(budget_id, askOf(ask), ports)))
      return SETTINGS.map(([name, type, description]) => ({
        field_name: name,
        field_type: type,
        field_description: description,
        field_value: row[name],
        stored_in_db: row[name] !== null,
        field_default_value: null,
        premium_field: false,
        nested_fields: null,
      }))
    },
  })
}

async function fieldsOf(ask: PlainAsk, verb: 'create' | 'update'): Promise<JsonObject> {
  return granted(decideRowFields(await readJson(ask), verb))
}
