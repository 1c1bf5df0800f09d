import type { FastifyInstance } from 'fastify'
import type { Pages } from '../../config/settings.ts'
import { identifyAndProvision } from '../../journey/identify.ts'
import { PAGE_HEADERS, readPage } from '../console/console.routes.ts'
import { callerOf, describeRoute, factsOf, plainRoute, refuse, takeOver } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { SAFE_HEADERS } from '../wire/render-problem.ts'
import { describeApi } from './open-api.ts'

const HTML = 'text/html; charset=utf-8'

/**
 * The description of the API, for tools and for people; routes that are registered later are in it too. A browser brings
 * no credential to a page: for it the same page, which asks for a key before it shows anything, is `/ui/docs.html`.
 */
export async function docsRoutes(
  app: FastifyInstance,
  edge: EdgePorts,
  served: Pick<Pages, 'docs' | 'redoc'>,
  keyHeader: string | undefined,
): Promise<void> {
  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/openapi.json'],
    summary: 'This description',
    answer: async () => describeApi(edge.described, keyHeader),
  })

  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/routes'],
    summary: 'List the routes',
    answer: async () => ({
      routes: edge.described.map(({ method, path, row }) => ({
        path,
        methods: [method],
        name: row.id,
        endpoint: row.id,
      })),
    }),
  })

  const page = await readPage('docs.html', keyHeader)
  if (served.docs) pageRoute('/docs', 'Read this description')
  if (served.redoc) pageRoute('/redoc', 'The same page')

  function pageRoute(path: '/docs' | '/redoc', summary: string): void {
    const facts = factsOf('GET', path)
    const answers = path === '/docs' ? { media: ['text/html'] } : { media: [], status: 302 }
    describeRoute(edge, { method: 'GET', summary, ...answers }, facts)
    app.get(path, { config: { needs: facts.row.id } }, async (request, reply) => {
      const identity = await identifyAndProvision(callerOf(request, facts, edge), edge.journey)
      if (identity.verdict === 'deny') {
        refuse(takeOver(request, reply), identity, facts, edge)
        return reply
      }
      if (path === '/redoc') return reply.headers(SAFE_HEADERS).redirect('/docs')
      return reply.headers(PAGE_HEADERS).type(HTML).send(page)
    })
  }
}
