import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import {
  spendDatesQuery,
  spendEndUsersBody,
  spendRanksQuery,
  spendReportQuery,
  spendTagsQuery,
} from '../../contract/spend.ts'
import { NO_MONEY, usdNumber } from '../../domain/money.ts'
import { MASTER_ALIAS } from '../../domain/principal.ts'
import { Problem } from '../../domain/problem.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { readProviderBudgets } from '../../manage/budgets/budget-standing.ts'
import { readTotalSpend } from '../../manage/spend/read-spend.ts'
import { rankBy, rankTags, readSpendParts } from '../../manage/spend/report-spend.ts'
import type { ReportAsk, SpendParts } from '../../manage/spend/report-spend.ts'
import type { ActivityTrait } from '../../ports/spend-reports.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, readJson, refuseSecretInUrl, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { timeOf } from './render-limits.ts'
import { renderReportByDay, renderReportByKey, renderSpendByTeam } from './render-global-spend.ts'

/** What everybody spent together, for those who see everything. */
export function globalSpendRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  read('/global/spend', 'What was spent in all', undefined, async () => ({
    spend: usdNumber(await readTotalSpend(ports)),
    max_budget: usdNumber(ports.operator.everybody?.maxBudget ?? NO_MONEY),
  }))

  read('/provider/budgets', 'What may be spent at providers, and what was', undefined, async () => {
    const standing = await readProviderBudgets(ports)
    const shown = standing.map(({ provider, limit, period, window, spent }) => [
      provider,
      {
        budget_limit: usdNumber(limit),
        time_period: period ?? null,
        spend: usdNumber(spent),
        budget_reset_at: window === undefined ? null : timeOf(window.end),
      },
    ])
    return { providers: Object.fromEntries(shown) }
  })

  read('/global/spend/logs', 'What was spent by the day', spendRanksQuery, async (ask) => {
    const { limit: _, ...wanted } = ranks(ask)
    const { parts } = await partsOf({ by: 'user', apart: ['day'], ...wanted, otherwise: 'month' }, ask)
    return rankBy(parts, ({ day }) => [day])
      .map(({ name, spend }) => ({ date: name, spend: usdNumber(spend) }))
      .toSorted((one, other) => one.date.localeCompare(other.date))
  })

  read('/global/spend/keys', 'Keys by what they spent', spendRanksQuery, async (ask) => {
    const { limit, ...wanted } = ranks(ask)
    const ranked = { by: 'user', apart: ['key'], most: limit, otherwise: 'month' } as const
    const { parts, names } = await partsOf({ ...ranked, ...wanted }, ask)
    return parts.map(({ key, keyAlias, spend }) => {
      const row = key === undefined ? undefined : names.keys.get(key)
      return {
        api_key: key ?? MASTER_ALIAS,
        key_alias: row === undefined ? (keyAlias ?? null) : (row.alias ?? null),
        key_name: row?.displayName ?? null,
        total_spend: usdNumber(spend),
      }
    })
  })

  read('/global/spend/models', 'Models by what was spent on them', spendRanksQuery, async (ask) => {
    const { limit, ...wanted } = ranks(ask)
    const ranked = { by: 'user', apart: ['model'], most: limit, otherwise: 'month' } as const
    const { parts } = await partsOf({ ...ranked, ...wanted }, ask)
    return parts.map(({ model, spend }) => ({ model, total_spend: usdNumber(spend) }))
  })

  read('/global/spend/teams', 'Teams by the day', spendDatesQuery, async (ask) => {
    const dates = shapedQuery(spendDatesQuery, ask.request)
    return renderSpendByTeam(
      await partsOf({ by: 'team', apart: ['day', 'entities'], ...dates, otherwise: 'month' }, ask),
    )
  })

  read('/global/spend/tags', 'Tags by what was spent under them', spendTagsQuery, async (ask) => {
    const wanted = { ...shapedQuery(spendTagsQuery, ask.request), otherwise: 'month' } as const
    const asked = granted(await rankTags(wanted, askOf(ask), ports))
    return {
      spend_per_tag: asked.map(({ name, spend, calls }) => ({ name, spend: usdNumber(spend), log_count: calls })),
    }
  })

  read('/global/spend/all_tag_names', 'List the tags of all calls', undefined, async () => ({
    tag_names: [...(await ports.ledger.listSpend('tag')).keys()],
  }))

  read('/global/spend/provider', 'Providers by what was spent with them', spendDatesQuery, async (ask) => {
    const dates = shapedQuery(spendDatesQuery, ask.request)
    const { parts } = await partsOf({ by: 'user', apart: ['provider'], ...dates, otherwise: 'month' }, ask)
    return parts.map(({ provider, spend }) => ({ provider, spend: usdNumber(spend) }))
  })

  read('/global/spend/report', 'What was spent by team, customer or key', spendReportQuery, async (ask) => {
    const query = shapedQuery(spendReportQuery, ask.request)
    refuseSecretInUrl(query.key, ports.rules.strictNoSecretsInUrl)
    const { startDate, endDate, groupBy, key, userId, teamId, customerId } = query
    if (startDate === undefined || endDate === undefined) {
      throw new Problem('bad-request', 'Please provide start_date and end_date')
    }
    const only = {
      ...(userId === undefined ? {} : { user: [userId] }),
      ...(teamId === undefined ? {} : { team: [teamId] }),
      ...(customerId === undefined ? {} : { end_user: [customerId] }),
    }
    const wanted = { only, key, startDate, endDate, otherwise: 'month' } as const
    if (groupBy === 'api_key' || key !== undefined || userId !== undefined) {
      return renderReportByKey(await partsOf({ ...wanted, by: 'user', apart: ['key', 'model'] }, ask))
    }
    const apart = ['day', 'entities', 'key', 'model'] as const
    const isByCustomer = groupBy === 'customer' || (groupBy === undefined && customerId !== undefined)
    return isByCustomer
      ? renderReportByDay('customer', await partsOf({ ...wanted, by: 'end_user', apart }, ask))
      : renderReportByDay('team', await partsOf({ ...wanted, by: 'team', apart }, ask))
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/global/spend/end_users'],
    summary: 'Customers by what was spent for them',
    body: spendEndUsersBody,
    answer: async (ask) => {
      const { startDate, endDate, key } = shaped(spendEndUsersBody, await readJson(ask))
      const dates = { startDate: startDate?.slice(0, DAY), endDate: endDate?.slice(0, DAY) }
      const wanted = { by: 'end_user', apart: ['entities'], key, ...dates, otherwise: 'month' } as const
      const { parts } = await partsOf(wanted, ask)
      return rankBy(parts, ({ entities }) => entities).map(({ name, calls, spend }) => ({
        end_user: name,
        total_count: calls,
        total_spend: usdNumber(spend),
      }))
    },
  })

  function ranks({ request }: PlainAsk): z.output<typeof spendRanksQuery> {
    const query = shapedQuery(spendRanksQuery, request)
    refuseSecretInUrl(query.key, ports.rules.strictNoSecretsInUrl)
    return query
  }

  async function partsOf<Trait extends ActivityTrait>(
    wanted: ReportAsk<Trait>,
    ask: PlainAsk,
  ): Promise<SpendParts<Trait>> {
    return granted(await readSpendParts(wanted, askOf(ask), ports))
  }

  function read(
    path: string,
    summary: string,
    query: z.ZodType | undefined,
    answer: (ask: PlainAsk) => Promise<object>,
  ): void {
    schemaRoute(app, edge, { method: 'GET', paths: [path], summary, ...(query === undefined ? {} : { query }), answer })
  }
}

/** Of a moment, the day is what counts. */
const DAY = 'YYYY-MM-DD'.length
