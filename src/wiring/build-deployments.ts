import { shortDigest } from '../adapters/crypto/digests.ts'
import { isForbiddenHost } from '../adapters/outbound-http/forbidden-addresses.ts'
import { Findings } from '../config/finding.ts'
import type { Finding } from '../config/finding.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { LocatedModel } from '../config/read-models.ts'
import { tellFlaw } from './tell-flaw.ts'
import type { Deployment } from '../domain/deployment.ts'
import { parseDeploymentId } from '../domain/ids.ts'
import type { ModelEntry } from '../domain/model-entry.ts'
import { buildDeployment } from '../journey/7-provider/build-deployment.ts'

export interface BuiltDeployments {
  readonly deployments: readonly Deployment[]
  readonly findings: readonly Finding[]
}

export interface BuiltDeployments {
  readonly deployments: readonly Deployment[]
  readonly findings: readonly Finding[]
}

/** What answers while no model is configured. */
const DEMO_ENTRY: ModelEntry = {
  name: 'demo',
  params: { model: 'demo/echo', extraHeaders: new Map(), extraBody: {}, prices: new Map(), defaults: {} },
  info: { id: 'demo', mode: 'chat' },
}

const DEMO: LocatedModel = {
  entry: DEMO_ENTRY,
  key: '',
  place: {},
  places: { model: {}, custom_llm_provider: {}, api_base: {}, id: {} },
}

/** Makes deployments of everything configured; what can't be made is an error with the place of what must change. */
export function buildDeployments({
  models,
  providerEnvironment,
}: Pick<LoadedConfig, 'models' | 'providerEnvironment'>): BuiltDeployments {
  const around = {
    host: 'from-our-config',
    environment: providerEnvironment,
    digest: shortDigest,
    forbidsHost: isForbiddenHost,
  } as const
  const findings = new Findings()
  const deployments = new Map<string, Deployment>()
  for (const model of models.length === 0 ? [DEMO] : models) {
    const built = buildDeployment(model.entry, around)
    if (!built.ok) {
      tellFlaw(built.flaw, model, findings)
      continue
    }
    const deployment = withOwnId(built.deployment, deployments)
    deployments.set(deployment.id, deployment)
  }
  return { deployments: [...deployments.values()], findings: findings.list() }
}

/** Two entries alike to the letter are two deployments; the second and later ones are numbered, in the file's order. */
function withOwnId(deployment: Deployment, taken: ReadonlyMap<string, Deployment>): Deployment {
  let id = deployment.id
  for (let n = 2; taken.has(id); n += 1) id = parseDeploymentId(`${deployment.id}-${n}`) ?? id
  return { ...deployment, id }
}
