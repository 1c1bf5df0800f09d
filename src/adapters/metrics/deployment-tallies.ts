import type { Deployment } from '../../domain/deployment.ts'
import { upstreamModelFor } from '../../domain/model-catalogue.ts'
import type { ResolvedModel } from '../../domain/model-catalogue.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import { BoundedTallies, modelLabel } from './bounded-tallies.ts'

/** What names a deployment in the compatible metrics. */
export interface DeploymentLabels {
  readonly litellm_model_name: string
  readonly model_id: string
  readonly api_base: string
  readonly api_provider: string
}

/** Tries at one deployment under one name that came out alike; without a status they succeeded. */
export interface TryTally {
  readonly labels: DeploymentLabels
  readonly requestedModel: string
  readonly failure: { readonly exception_status: string; readonly exception_class: string } | undefined
  tries: number
  rests: number
}

export const DEPLOYMENT_STATES = { healthy: 0, failing: 1, resting: 2 } as const

const MOST_TRY_TALLIES = 2_000

/** Deployments as their tries went. Their number is the configuration's; that of the names they were asked by is not. */
export class DeploymentTallies {
  readonly tries = new BoundedTallies<TryTally>(MOST_TRY_TALLIES)
  readonly states = new Map<string, { readonly labels: DeploymentLabels; state: keyof typeof DEPLOYMENT_STATES }>()

  attempted(deployment: Deployment, model: ResolvedModel, failure: UpstreamFailure | undefined): void {
    this.#tallyOf(deployment, model, failure).tries += 1
    this.#setState(deployment, failure === undefined ? 'healthy' : 'failing')
  }

  rested(deployment: Deployment, model: ResolvedModel, failure: UpstreamFailure): void {
    this.#tallyOf(deployment, model, failure).rests += 1
    this.#setState(deployment, 'resting')
  }

  #tallyOf(deployment: Deployment, model: ResolvedModel, failure: UpstreamFailure | undefined): TryTally {
    const cameOut = failure === undefined ? '' : `${failure.status} ${failure.failure}`
    const shared = `${deployment.id}\n${cameOut}`
    return this.tries.of(`${shared}\n${model.group}`, shared, (isOther) => ({
      labels: labelsOf(deployment, modelLabel(upstreamModelFor(deployment, model), isOther)),
      requestedModel: modelLabel(model.group, isOther),
      failure:
        failure === undefined
          ? undefined
          : { exception_status: String(failure.status), exception_class: failure.failure },
      tries: 0,
      rests: 0,
    }))
  }

  #setState(deployment: Deployment, state: keyof typeof DEPLOYMENT_STATES): void {
    const known = this.states.get(deployment.id)
    if (known !== undefined) known.state = state
    else this.states.set(deployment.id, { labels: labelsOf(deployment, deployment.upstreamModel), state })
  }
}

function labelsOf({ id, provider, target }: Deployment, modelName: string): DeploymentLabels {
  return {
    litellm_model_name: modelName,
    model_id: id,
    api_base: target.kind === 'http' ? `${target.origin}${target.basePath}` : 'None',
    api_provider: provider,
  }
}
