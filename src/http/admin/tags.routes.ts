import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { spendDatesQuery, spendTagsQuery } from '../../contract/spend.ts'
import { tagBody, tagNameBody, tagNamesBody } from '../../contract/tags.ts'
import type { JsonObject } from '../../domain/json.ts'
import { usdNumber } from '../../domain/money.ts'
import type { Tag } from '../../domain/tag.ts'
import { createTag, deleteTag, updateTag } from '../../manage/budgets/keep-tags.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { listTags, readTags } from '../../manage/budgets/read-tags.ts'
import type { TagView } from '../../manage/budgets/read-tags.ts'
import { decideRowFields } from '../../manage/keys/unsupported-fields.ts'
import { rankTags } from '../../manage/spend/report-spend.ts'
import type { Ranked } from '../../manage/spend/report-spend.ts'
import type { SummedPart } from '../../ports/spend-reports.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, readJson, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderBudgetOrNull, timeOf } from './render-limits.ts'

/** Words by which calls are counted together: those that were made here, and those that calls brought along. */
export function tagRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  write('/tag/new', 'Make a tag', tagBody, async (ask) => {
    const order = shaped(tagBody, await fieldsOf(ask, 'create'))
    const tag = granted(await createTag(order, askOf(ask), ports))
    return { message: `Tag ${tag.name} created successfully`, tag: renderStored(tag) }
  })

  write('/tag/update', 'Change a tag', tagBody, async (ask) => {
    const order = shaped(tagBody, await fieldsOf(ask, 'update'))
    const tag = granted(await updateTag(order, askOf(ask), ports))
    return { message: `Tag ${tag.name} updated successfully`, tag: renderStored(tag) }
  })

  write('/tag/delete', 'Delete a tag', tagNameBody, async (ask) => {
    const { name } = shaped(tagNameBody, await readJson(ask))
    return { message: `Tag ${granted(await deleteTag(name, askOf(ask), ports))} deleted successfully` }
  })

  write('/tag/info', 'Look at tags', tagNamesBody, async (ask) => {
    const { names } = shaped(tagNamesBody, await readJson(ask))
    const tags = granted(await readTags(names, askOf(ask), ports))
    return Object.fromEntries(tags.map((tag) => [tag.name, renderWithBudget(tag)]))
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/tag/list'],
    summary: 'List tags',
    query: spendDatesQuery,
    answer: async (ask) => {
      const days = shapedQuery(spendDatesQuery, ask.request)
      return granted(await listTags(days, askOf(ask), ports)).map(renderWithBudget)
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/tag/summary'],
    summary: 'What was called and spent under each tag',
    query: spendTagsQuery,
    answer: async (ask) => {
      const wanted = { ...shapedQuery(spendTagsQuery, ask.request), otherwise: 'month' } as const
      return { results: granted(await rankTags(wanted, askOf(ask), ports)).map(renderSummary) }
    },
  })

  function renderStored(tag: Tag) {
    const catalogue = ports.catalogue()
    const deployments = tag.models.flatMap((model) => {
      const one = catalogue.deployment(model)
      return one === undefined ? catalogue.group(model) : [one]
    })
    return {
      name: tag.name,
      description: tag.description ?? null,
      models: tag.models,
      model_info: Object.fromEntries(deployments.map(({ id, group }) => [id, group])),
      created_at: timeOf(tag.createdAt),
      updated_at: timeOf(tag.updatedAt),
      created_by: tag.createdBy,
    }
  }

  function renderWithBudget({ name, stored, budget, spend }: TagView): object {
    const row = stored === undefined ? renderDynamic(name) : renderStored(stored)
    return { ...row, spend: usdNumber(spend), litellm_budget_table: renderBudgetOrNull(budget, ports.clock.now()) }
  }

  function write(path: string, summary: string, body: z.ZodType, answer: (ask: PlainAsk) => Promise<object>): void {
    schemaRoute(app, edge, { method: 'POST', paths: [path], summary, body, answer })
  }
}

function renderSummary({ name, calls, promptTokens, completionTokens, spend, parts }: Ranked<string, SummedPart>) {
  const successes = parts.reduce((sum, part) => sum + part.successes, 0)
  return {
    tag: name,
    total_requests: calls,
    successful_requests: successes,
    failed_requests: calls - successes,
    total_tokens: promptTokens + completionTokens,
    total_spend: usdNumber(spend),
  }
}

function renderDynamic(name: string) {
  return {
    name,
    description: 'Calls brought this tag along. It is counted, and decides nothing.',
    models: null,
    model_info: null,
    created_at: null,
    updated_at: null,
    created_by: null,
  }
}

async function fieldsOf(ask: PlainAsk, verb: 'create' | 'update'): Promise<JsonObject> {
  return granted(decideRowFields(await readJson(ask), verb))
}
