import type { FastifyInstance } from 'fastify'
import { spendDatesQuery } from '../../contract/spend.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { readSpendParts } from '../../manage/spend/report-spend.ts'
import type { ActivityTrait, SummedPart } from '../../ports/spend-reports.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, schemaRoute, shapedQuery } from './read-ask.ts'
import { renderModelActivity, renderTotalActivity } from './render-global-activity.ts'

/** How much was called, as older pages draw it: calls and tokens by the day. */
export function globalActivityRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/global/activity'],
    summary: 'How much was called by the day',
    query: spendDatesQuery,
    answer: async (ask) => renderTotalActivity(await partsOf(['day'], ask)),
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/global/activity/model'],
    summary: 'How much each model was called by the day',
    query: spendDatesQuery,
    answer: async (ask) => renderModelActivity(await partsOf(['day', 'modelGroup'], ask)),
  })

  async function partsOf<Trait extends ActivityTrait>(
    apart: readonly Trait[],
    ask: PlainAsk,
  ): Promise<readonly SummedPart<Trait>[]> {
    const dates = shapedQuery(spendDatesQuery, ask.request)
    const wanted = { by: 'user', apart, ...dates, otherwise: 'month' } as const
    return granted(await readSpendParts(wanted, askOf(ask), ports)).parts
  }
}
