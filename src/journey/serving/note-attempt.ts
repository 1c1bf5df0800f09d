import type { Deployment } from '../../domain/deployment.ts'
import type { ResolvedModel } from '../../domain/model-catalogue.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { DeploymentHealth } from '../6-route/deployment-health.ts'
import type { AttemptPorts } from './attempt-context.ts'

export interface NotePorts extends Pick<AttemptPorts, 'clock' | 'observer'> {
  readonly health: DeploymentHealth
}

/** Tells everybody who keeps count of deployments how a try came out. */
export function noteAttempt(
  deployment: Deployment,
  model: ResolvedModel,
  failure: UpstreamFailure | undefined,
  ports: NotePorts,
): void {
  ports.observer.attempted(deployment, model, failure)
  if (failure === undefined) ports.health.recordSuccess(deployment.id, ports.clock.now())
  else if (ports.health.recordFailure(deployment, failure, model.deployments.length, ports.clock.now())) {
    ports.observer.rested(deployment, model, failure)
  }
}
