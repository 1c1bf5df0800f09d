import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import {
  customerActivityQuery,
  organizationActivityQuery,
  tagActivityQuery,
  teamActivityQuery,
  userActivityQuery,
} from '../../contract/activity.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { readActivityPage, readTopActivity } from '../../manage/spend/read-activity.ts'
import type { ActivityAsk } from '../../manage/spend/read-activity.ts'
import type { EntityKind } from '../../ports/spend-reports.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, refuseSecretInUrl, schemaRoute, shapedQuery } from './read-ask.ts'
import { renderActivityPage, renderTopActivity } from './render-activity.ts'

type ActivityQuery = z.ZodType<ActivityAsk & { readonly page: number; readonly size: number }>

const REPORTS: readonly (readonly [paths: readonly string[], by: EntityKind, query: ActivityQuery])[] = [
  [['/user/daily/activity'], 'user', userActivityQuery],
  [['/team/daily/activity'], 'team', teamActivityQuery],
  [['/organization/daily/activity'], 'organization', organizationActivityQuery],
  [['/customer/daily/activity', '/end_user/daily/activity'], 'end_user', customerActivityQuery],
  [['/tag/daily/activity'], 'tag', tagActivityQuery],
]

/** What was spent by the day, as pages of the admin UI show it. */
export function activityRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  for (const [paths, by, query] of REPORTS) {
    schemaRoute(app, edge, {
      method: 'GET',
      paths,
      summary: `What was spent by the day, broken down by ${by}`,
      query,
      answer: async (ask) => {
        const wanted = readWanted(query, ask)
        return renderActivityPage(granted(await readActivityPage(by, wanted, askOf(ask), ports)), wanted)
      },
    })
  }

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/user/daily/activity/aggregated'],
    summary: 'What was spent by the day, broken down by user, without paging',
    query: userActivityQuery,
    answer: async (ask) => {
      const wanted = readWanted(userActivityQuery, ask)
      return renderTopActivity(granted(await readTopActivity('user', wanted, askOf(ask), ports)))
    },
  })

  function readWanted(query: ActivityQuery, { request }: PlainAsk): z.output<ActivityQuery> {
    const wanted = shapedQuery(query, request)
    refuseSecretInUrl(wanted.key, ports.rules.strictNoSecretsInUrl)
    return wanted
  }
}
