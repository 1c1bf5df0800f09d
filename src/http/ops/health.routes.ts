import type { FastifyInstance, FastifyReply } from 'fastify'
import { COMPATIBLE_VERSION } from '../../journey/serving/reply-headers.ts'
import { describeRoute, factsOf } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { SAFE_HEADERS } from '../wire/render-problem.ts'
import { storeAnswers } from './store-answers.ts'

export interface HealthPorts {
  /** A real query. Rejects when the store does not answer. */
  readonly pingStore: () => Promise<void>
  readonly logLevel: string
  /** `compat.readiness_strict`: a store that does not answer takes the replica out of rotation. */
  readonly strict: boolean
  readonly isDraining: () => boolean
  readonly now: () => number
}

export function healthRoutes(app: FastifyInstance, edge: Pick<EdgePorts, 'described'>, ports: HealthPorts): void {
  const config = { needs: 'nothing' } as const
  const described = (path: string, summary: string): void =>
    describeRoute(edge, { method: 'GET', summary }, factsOf('GET', path))
  for (const url of ['/health/liveliness', '/health/liveness']) {
    described(url, 'Is the process alive?')
    app.route({
      method: ['GET', 'OPTIONS'],
      url,
      config,
      handler: async (_request, reply) => send(reply, 200, "I'm alive!"),
    })
  }

  const isConnected = storeAnswers(ports.pingStore, ports.now)
  described('/health/readiness', 'Can it serve?')
  app.route({
    method: ['GET', 'OPTIONS'],
    url: '/health/readiness',
    config,
    handler: async (_request, reply) => {
      if (ports.isDraining()) return send(reply, 503, { detail: 'Service Unhealthy (shutting down)' })
      const connected = await isConnected()
      if (!connected && ports.strict)
        return send(reply, 503, { detail: 'Service Unhealthy (the store does not answer)' })
      return send(reply, 200, {
        status: 'healthy',
        db: connected ? 'connected' : 'disconnected',
        cache: null,
        litellm_version: COMPATIBLE_VERSION,
        success_callbacks: ['prometheus'],
        use_aiohttp_transport: false,
        log_level: ports.logLevel.toUpperCase(),
        is_detailed_debug: ports.logLevel === 'debug',
      })
    },
  })
}

function send(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply.code(status).headers(SAFE_HEADERS).type('application/json').send(JSON.stringify(body))
}
