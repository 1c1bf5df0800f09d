import type { FastifyInstance } from 'fastify'
import { modelInfoQuery, modelPageQuery } from '../../contract/models.ts'
import { actorName } from '../../domain/principal.ts'
import { Problem } from '../../domain/problem.ts'
import { listModels } from '../../journey/4-authorise/list-models.ts'
import type { ModelView } from '../../manage/models/describe-models.ts'
import { listModelInfo, pageOfModels } from '../../manage/models/list-model-info.ts'
import type { ModelLine } from '../../manage/models/list-model-info.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, schemaRoute, shapedQuery } from './read-ask.ts'

/** What there is to know about models: all of it for administrators, their own for callers. */
export function modelInfoRoutes(app: FastifyInstance, edge: EdgePorts, facts: ModelFacts): void {
  const { journey } = edge

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/model/info', '/v1/model/info'],
    summary: 'Look at models',
    query: modelInfoQuery,
    answer: async (ask) => {
      const { litellm_model_id: id } = shapedQuery(modelInfoQuery, ask.request)
      const all = linesFor(ask)
      const chosen = id === undefined ? all : all.filter((line) => line.id === id)
      if (id !== undefined && chosen.length === 0)
        throw new Problem('model-info-unknown', `Model id = ${id.slice(0, 255)} not found on litellm proxy`)
      return { data: chosen.map((line) => line.describe()) }
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/v2/model/info'],
    summary: 'Page through models',
    query: modelPageQuery,
    answer: async (ask) => {
      const query = shapedQuery(modelPageQuery, ask.request)
      const { lines, total } = pageOfModels(linesFor(ask), query, actorName(ask.principal))
      return {
        data: lines.map((line) => line.describe()),
        total_count: total,
        current_page: query.page,
        total_pages: Math.ceil(total / query.size),
        size: query.size,
      }
    },
  })

  function linesFor(ask: PlainAsk): readonly ModelLine[] {
    const catalogue = journey.catalogue()
    const listed = listModels(ask.principal, catalogue)
    return listModelInfo(viewOf(ask), listed, catalogue, facts, journey.clock.now())
  }
}

function viewOf(ask: PlainAsk): ModelView {
  const { reach } = askOf(ask)
  if (reach.scope !== 'all') return 'calls'
  return reach.mayWrite ? 'changes' : 'looks'
}
