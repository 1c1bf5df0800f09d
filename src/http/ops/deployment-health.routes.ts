import type { FastifyInstance } from 'fastify'
import { healthQuery } from '../../contract/health.ts'
import type { HealthQuery } from '../../contract/health.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject } from '../../domain/json.ts'
import { Problem } from '../../domain/problem.ts'
import { shown } from '../../domain/shown-text.ts'
import { mayUseModel } from '../../journey/4-authorise/decide-model-access.ts'
import type { LastResult } from '../../journey/6-route/deployment-health.ts'
import { probeDeployment } from '../../journey/serving/probe-deployment.ts'
import type { ServePorts } from '../../journey/serve.ts'
import { describeDeployment } from '../../manage/models/describe-models.ts'
import { schemaRoute, shapedQuery } from '../admin/read-ask.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'

/** Deployments that are asked at the same time. */
const AT_ONCE = 4

/** How the deployments are: what the last call to each came to. Looking calls nobody; a POST asks each of them anew. */
export function deploymentHealthRoutes(app: FastifyInstance, edge: EdgePorts, serving: ServePorts): void {
  const { journey } = edge
  const probePorts = { serving, meter: journey.meter, installation: journey.installation }

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/health'],
    summary: 'See what the last call to each deployment came to',
    query: healthQuery,
    answer: async (ask) => render(chosen(ask)),
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/health'],
    summary: 'Ask each deployment for a few tokens, and see how it answers',
    query: healthQuery,
    answer: async (ask) => {
      const deployments = chosen(ask)
      const { principal, route, clientAddress } = ask
      const prober = { principal, route, clientAddress, callId: ask.request.callId }
      for (let from = 0; from < deployments.length; from += AT_ONCE) {
        const some = deployments.slice(from, from + AT_ONCE)
        for (const asked of await Promise.all(some.map((one) => probeDeployment(one, prober, probePorts))))
          granted(asked)
      }
      return render(deployments)
    },
  })

  /** Those that the caller may use, and of them those that were asked for. */
  function chosen({ principal, request }: PlainAsk): readonly Deployment[] {
    const query = shapedQuery(healthQuery, request)
    const catalogue = journey.catalogue()
    // A team's own model has a name that nobody else can ask for.
    const found = catalogue.deployments.filter(
      (deployment) => isMeant(deployment, query) && mayUseModel(principal, deployment.group, catalogue),
    )
    const named = query.model_id ?? query.model
    if (found.length === 0 && named !== undefined)
      throw new Problem('model-not-found', `There is no model '${shown(named)}' that this key may use.`)
    return found
  }

  function render(deployments: readonly Deployment[]): object {
    const lines = deployments.map((deployment) => ({ deployment, last: serving.health.lastOf(deployment.id) }))
    const healthy = lines.filter(({ last }) => last?.failure === undefined)
    const unhealthy = lines.filter(({ last }) => last?.failure !== undefined)
    return {
      healthy_endpoints: healthy.map(describe),
      unhealthy_endpoints: unhealthy.map(describe),
      healthy_count: healthy.length,
      unhealthy_count: unhealthy.length,
    }
  }

  function describe({ deployment, last }: { deployment: Deployment; last: LastResult | undefined }): JsonObject {
    const view = serving.showsApiBase ? 'changes' : 'looks'
    const { litellm_params: params } = describeDeployment(deployment, view, serving.prices, journey.clock.now())
    const failure = last?.failure
    return {
      ...(isObject(params) ? params : {}),
      model_name: deployment.group,
      model_id: deployment.id,
      last_checked: last === undefined ? null : new Date(last.at).toISOString(),
      ...(failure === undefined ? {} : { error: `${failure.failure}: ${failure.text}`, error_status: failure.status }),
    }
  }
}

function isMeant({ id, group, upstreamModel }: Deployment, { model, model_id: modelId }: HealthQuery): boolean {
  if (modelId !== undefined && id !== modelId) return false
  return model === undefined || group === model || upstreamModel === model
}
