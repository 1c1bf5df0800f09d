import type { FastifyInstance } from 'fastify'
import {
  spendCalculateBody,
  spendLinesQuery,
  spendLogsQuery,
  spendTagsQuery,
  spendUsersQuery,
} from '../../contract/spend.ts'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import { usdNumber } from '../../domain/money.ts'
import { calculateCost } from '../../journey/5-meter/calculate-cost.ts'
import { pageOfKeys } from '../../manage/keys/list-keys.ts'
import { readSpendLines } from '../../manage/spend/list-spend-lines.ts'
import { nameTeams } from '../../manage/spend/name-teams.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { MOST_LINES_UNFILTERED, readSpend } from '../../manage/spend/read-spend.ts'
import { rankTags } from '../../manage/spend/report-spend.ts'
import { readSpendOfUsers } from '../../manage/spend/spend-of-users.ts'
import { scopeOf } from '../../manage/scope-of.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import { granted } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { askOf, readJson, refuseSecretInUrl, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderNamedKey } from './render-key.ts'
import { renderSpendDay, renderSpendLine } from './render-spend.ts'
import { renderListedUser } from './render-user.ts'

/** Sums and lines of the ledger, as far as the caller sees them. */
export function spendRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts, prices: ModelFacts): void {
  async function renderLines(lines: readonly LedgerEntry[]): Promise<readonly object[]> {
    const teamNames = await nameTeams(lines, ports)
    return lines.map((line) => renderSpendLine(line, teamNames))
  }

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/spend/logs'],
    summary: 'Lines or daily sums of the ledger',
    query: spendLogsQuery,
    answer: async (ask) => {
      const query = shapedQuery(spendLogsQuery, ask.request)
      refuseSecretInUrl(query.key, ports.rules.strictNoSecretsInUrl)
      const report = granted(await readSpend(query, askOf(ask), ports))
      return report.kind === 'days' ? report.days.map(renderSpendDay) : renderLines(report.lines)
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/spend/logs/v2', '/spend/logs/ui'],
    summary: 'Lines of the ledger by pages',
    query: spendLinesQuery,
    answer: async (ask) => {
      const query = shapedQuery(spendLinesQuery, ask.request)
      refuseSecretInUrl(query.key, ports.rules.strictNoSecretsInUrl)
      const { rows, total } = granted(await readSpendLines(query, askOf(ask), ports))
      return {
        data: await renderLines(rows),
        total,
        page: query.page,
        page_size: query.size,
        total_pages: Math.ceil(total / query.size),
      }
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/spend/keys'],
    summary: 'Keys by what they spent',
    answer: async (ask) => {
      const page = { page: 1, size: MOST_LINES_UNFILTERED, sort: 'spend', order: 'desc' } as const
      const { rows } = await pageOfKeys({ ...page, scope: scopeOf(askOf(ask).reach) }, ports)
      return rows.map((row) => renderNamedKey(row, ports.clock.now()))
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/spend/users'],
    summary: 'Users by what they spent',
    query: spendUsersQuery,
    answer: async (ask) => {
      const { user_id } = shapedQuery(spendUsersQuery, ask.request)
      const rows = granted(await readSpendOfUsers(user_id, askOf(ask), ports))
      return rows.map((row) =>
        row.view === 'whole'
          ? renderListedUser(row.listed, ports.clock.now())
          : { user_id: row.id, user_alias: row.alias ?? null, spend: usdNumber(row.spend) },
      )
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/spend/tags'],
    summary: 'Tags by what was spent under them',
    query: spendTagsQuery,
    answer: async (ask) => {
      const wanted = { ...shapedQuery(spendTagsQuery, ask.request), otherwise: 'ever' } as const
      return granted(await rankTags(wanted, askOf(ask), ports)).map(({ name, calls, spend }) => ({
        individual_request_tag: name,
        log_count: calls,
        total_spend: usdNumber(spend),
      }))
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/spend/calculate'],
    summary: 'What a prompt or an answer costs',
    body: spendCalculateBody,
    answer: async (ask) => {
      const wanted = shaped(spendCalculateBody, await readJson(ask))
      const cost = calculateCost(wanted, ask.principal, { catalogue: ports.catalogue, prices, clock: ports.clock })
      return { cost: usdNumber(granted(cost)) }
    },
  })
}
