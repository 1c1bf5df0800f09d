import type { FastifyInstance } from 'fastify'
import { Problem } from '../../domain/problem.ts'
import { listModels, lookUpModel } from '../../journey/4-authorise/list-models.ts'
import type { ListedModel } from '../../journey/4-authorise/list-models.ts'
import { describeModelGroup } from '../../manage/describe-model-group.ts'
import { describeDeployment } from '../../manage/describe-models.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import { plainRoute } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { readQuery, wholeNumber } from '../wire/read-query.ts'

/** Constants of the compatible API; nothing here knows when a model was made. */
const CREATED = 1_677_610_602
const OWNER = 'openai'

export function modelRoutes(app: FastifyInstance, edge: EdgePorts, facts: ModelFacts): void {
  const { journey } = edge
  const shown = ({ name }: ListedModel): object => ({ id: name, object: 'model', created: CREATED, owned_by: OWNER })

  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/models', '/v1/models'],
    needs: 'read-own',
    answer: async ({ principal }) => ({ data: listModels(principal, journey.catalogue()).map(shown), object: 'list' }),
  })
  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/models/*', '/v1/models/*'],
    needs: 'read-own',
    slashInParameter: true,
    answer: async ({ principal, request }) => {
      const { '*': name = '' } = readParams(request.params)
      const found = lookUpModel(principal, name, journey.catalogue())
      if (found === undefined)
        throw new Problem(
          'model-not-found',
          'The model does not exist or you do not have access to it. Call `/v1/models` to view available models for your key.',
        )
      return shown(found)
    },
  })
  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/model/info', '/v1/model/info'],
    needs: 'read-own',
    answer: async ({ principal, request }) => {
      const id = readQuery(request).get('litellm_model_id')
      const all = deploymentsOf(listModels(principal, journey.catalogue()))
      const chosen = id === undefined ? all : all.filter((deployment) => deployment.id === id)
      if (id !== undefined && chosen.length === 0)
        throw new Problem('model-info-unknown', `Model id = ${id.slice(0, 255)} not found on litellm proxy`)
      return { data: chosen.map((deployment) => describeDeployment(deployment, facts, journey.clock.now())) }
    },
  })
  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/v2/model/info'],
    needs: 'read-own',
    answer: async ({ principal, request }) => {
      const query = readQuery(request)
      const page = wholeNumber(query.get('page'), 'page', { least: 1, most: 1_000_000, otherwise: 1 })
      const size = wholeNumber(query.get('size'), 'size', { least: 1, most: 1_000, otherwise: 50 })
      const wanted = query.get('search')?.toLowerCase() ?? query.get('model')?.toLowerCase() ?? ''
      const all = deploymentsOf(listModels(principal, journey.catalogue())).filter((deployment) =>
        deployment.group.toLowerCase().includes(wanted),
      )
      const data = all
        .slice((page - 1) * size, page * size)
        .map((deployment) => describeDeployment(deployment, facts, journey.clock.now()))
      return { data, total_count: all.length, current_page: page, total_pages: Math.ceil(all.length / size), size }
    },
  })
  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/model_group/info'],
    needs: 'read-own',
    answer: async ({ principal, request }) => {
      const wanted = readQuery(request).get('model_group')
      const groups = new Map(
        listModels(principal, journey.catalogue()).map(({ model }) => [model.group, model.deployments]),
      )
      const chosen = [...groups].filter(([name]) => wanted === undefined || name === wanted)
      return {
        data: chosen.map(([name, deployments]) => describeModelGroup(name, deployments, facts, journey.clock.now())),
      }
    },
  })
}

function deploymentsOf(listed: readonly ListedModel[]): readonly ListedModel['model']['deployments'][number][] {
  return [...new Set(listed.flatMap(({ model }) => model.deployments))]
}

function readParams(params: unknown): Readonly<Record<string, string>> {
  return typeof params === 'object' && params !== null
    ? Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]))
    : {}
}
