import type { HostChoice } from './egress.ts'
import type { DeploymentId } from './ids.ts'
import type { ModelEntry } from './model-entry.ts'
import type { Secret } from './secret.ts'
import type { ShownModel } from './shown-model.ts'

/** One place that can answer for a model group. Deployments of the same group are interchangeable. */
export interface Deployment {
  readonly id: DeploymentId
  /** The public model name, possibly a wildcard pattern. */
  readonly group: string
  readonly provider: string
  /** The name the upstream knows the model by; of a wildcard deployment, the pattern that the star's text goes into. */
  readonly upstreamModel: string
  readonly target: Target
  /** Of a model that a team brought: nobody else resolves it. */
  readonly teamId?: string
  readonly entry: ModelEntry
  /** Of a model that was made through the API. */
  readonly stored?: ShownModel
}

export type Target = HttpTarget | CannedTarget

export interface HttpTarget {
  readonly kind: 'http'
  readonly wire: 'openai' | 'azure'
  readonly host: HostChoice
  /** Scheme, host and port, from the operator's configuration. The credential goes nowhere else. */
  readonly origin: string
  /** Without a trailing slash. */
  readonly basePath: string
  readonly apiVersion: string | undefined
  readonly apiKey: Secret | undefined
  readonly headers: ReadonlyMap<string, Secret>
}

/** Answers from this process: the demo model, and `mock_response` of a deployment. */
export interface CannedTarget {
  readonly kind: 'canned'
  /** Absent: the reply is about the question, as the demo model does it. */
  readonly reply: string | undefined
}
