import type { FastifyInstance } from 'fastify'
import { spendLogsQuery } from '../../contract/spend.ts'
import { usdNumber } from '../../domain/money.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { listKeys } from '../../manage/list-keys.ts'
import { MOST_LINES_UNFILTERED, readSpend, readTotalSpend } from '../../manage/read-spend.ts'
import { granted } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { guardStore } from './guard-store.ts'
import { refuseSecretInUrl, schemaRoute, shapedQuery } from './read-ask.ts'
import { renderNamedKey } from './render-key.ts'
import { renderSpendDay, renderSpendLine } from './render-spend.ts'

/** Sums and lines of the ledger. */
export function spendRoutes(app: FastifyInstance, edge: EdgePorts, manage: ManagePorts): void {
  const ports = guardStore(manage)

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/spend/logs'],
    needs: 'read-own',
    answer: async ({ principal, request }) => {
      const query = shapedQuery(spendLogsQuery, request)
      refuseSecretInUrl(query.key, ports.rules.strictNoSecretsInUrl)
      const report = granted(await readSpend(query, principal, ports))
      return report.kind === 'days' ? report.days.map(renderSpendDay) : report.lines.map(renderSpendLine)
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/spend/keys'],
    needs: 'administer',
    answer: async () => {
      const { keys } = await listKeys(
        { filter: {}, sort: 'spend', order: 'desc', page: 1, size: MOST_LINES_UNFILTERED },
        ports,
      )
      return keys.map(renderNamedKey)
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/global/spend'],
    needs: 'administer',
    answer: async () => ({ spend: usdNumber(await readTotalSpend(ports)), max_budget: 0 }),
  })
}
