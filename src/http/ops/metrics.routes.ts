import type { FastifyInstance } from 'fastify'
import { identify } from '../../journey/journey.ts'
import { refuse } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { headerReader } from '../wire/header-reader.ts'
import { SAFE_HEADERS } from '../wire/render-problem.ts'

interface Metrics {
  readonly contentType: string
  render(): Promise<string>
}

/** For administrators, unless the operator opened it (`compat.metrics_auth: false`). */
export function metricsRoutes(app: FastifyInstance, edge: EdgePorts, metrics: Metrics, needsAuth: boolean): void {
  const needs = needsAuth ? 'administer' : 'nothing'
  app.get('/metrics', { config: { needs } }, async (request, reply) => {
    if (needsAuth) {
      const route = { path: '/metrics', needs } as const
      const identity = await identify({ headers: headerReader(request.raw), route }, edge.journey)
      if (identity.verdict === 'deny') return refuse(request, reply, identity, route, edge)
    }
    return reply
      .headers(SAFE_HEADERS)
      .type(metrics.contentType)
      .send(await metrics.render())
  })
}
