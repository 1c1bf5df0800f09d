import type { FastifyInstance } from 'fastify'
import { identifyAndProvision } from '../../journey/identify.ts'
import { callerOf, describeRoute, factsOf, refuse, takeOver } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { SAFE_HEADERS } from '../wire/render-problem.ts'

interface Metrics {
  readonly contentType: string
  render(): Promise<string>
}

/** For administrators, unless the operator opened it (`compat.metrics_auth: false`). */
export function metricsRoutes(app: FastifyInstance, edge: EdgePorts, metrics: Metrics, needsAuth: boolean): void {
  const route = factsOf('GET', '/metrics')
  describeRoute(edge, { method: 'GET', summary: 'Counters for Prometheus, as text', media: ['text/plain'] }, route)
  app.get('/metrics', { config: { needs: needsAuth ? route.row.id : 'nothing' } }, async (request, reply) => {
    if (needsAuth) {
      const identity = await identifyAndProvision(callerOf(request, route, edge), edge.journey)
      if (identity.verdict === 'deny') {
        refuse(takeOver(request, reply), identity, route, edge)
        return reply
      }
    }
    return reply
      .headers(SAFE_HEADERS)
      .type(metrics.contentType)
      .send(await metrics.render())
  })
}
