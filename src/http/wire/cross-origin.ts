import type { FastifyInstance } from 'fastify'

const METHODS = 'GET, POST, PUT, PATCH, DELETE'
const EXPOSED = 'x-litellm-call-id, x-litellm-model-id, x-litellm-response-cost, retry-after'
const NAMES = /^[\w-]+(?:[ \t]*,[ \t]*[\w-]+)*$/

/**
 * Pages of these origins may read what the gateway answers. They send what other clients send: the headers of an SDK, the one
 * that the operator named for keys. No cookie opens anything here, so every header that they ask for is theirs to set.
 */
export function letPagesIn(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return
  const allowed = new Set(origins)
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers
    if (origin === undefined || !allowed.has(origin)) return
    reply.raw.setHeader('access-control-allow-origin', origin)
    reply.raw.setHeader('vary', 'Origin, Access-Control-Request-Headers')
    reply.raw.setHeader('access-control-expose-headers', EXPOSED)
  })
  app.options('*', { config: { needs: 'nothing' } }, async (request, reply) => {
    const { origin, 'access-control-request-headers': asked } = request.headers
    const isAllowed = origin !== undefined && allowed.has(origin)
    if (isAllowed && asked !== undefined && NAMES.test(asked)) reply.header('access-control-allow-headers', asked)
    return reply.headers({ 'access-control-allow-methods': METHODS, 'access-control-max-age': '600' }).code(204).send()
  })
}
