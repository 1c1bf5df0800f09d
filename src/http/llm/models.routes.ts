import type { FastifyInstance } from 'fastify'
import { modelGroupQuery } from '../../contract/model-calls.ts'
import { Problem } from '../../domain/problem.ts'
import { listModels, lookUpModel } from '../../journey/4-authorise/list-models.ts'
import type { ListedModel } from '../../journey/4-authorise/list-models.ts'
import { describeModelGroup } from '../../manage/models/describe-model-group.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import { plainRoute } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { readQuery } from '../wire/read-query.ts'

/** Constants of the compatible API; nothing here knows when a model was made. */
const CREATED = 1_677_610_602
const OWNER = 'openai'

export function modelRoutes(app: FastifyInstance, edge: EdgePorts, facts: ModelFacts): void {
  const { journey } = edge
  const shown = ({ name }: ListedModel): object => ({ id: name, object: 'model', created: CREATED, owned_by: OWNER })

  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/models', '/v1/models'],
    summary: 'List the models that this key can call',
    answer: async ({ principal }) => ({ data: listModels(principal, journey.catalogue()).map(shown), object: 'list' }),
  })
  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/models/*', '/v1/models/*'],
    summary: 'Look at one of them',
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
    paths: ['/model_group/info'],
    summary: 'What is known about groups of deployments',
    query: modelGroupQuery,
    answer: async ({ principal, request }) => {
      const wanted = readQuery(request).get('model_group')
      const groups = new Map(
        listModels(principal, journey.catalogue()).map(({ name, model }) => [name, model.deployments]),
      )
      const chosen = [...groups].filter(([name]) => wanted === undefined || name === wanted)
      return {
        data: chosen.map(([name, deployments]) => describeModelGroup(name, deployments, facts, journey.clock.now())),
      }
    },
  })
}

function readParams(params: unknown): Readonly<Record<string, string>> {
  return typeof params === 'object' && params !== null
    ? Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]))
    : {}
}
