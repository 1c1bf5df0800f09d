import { shortDigest } from './adapters/crypto/digests.ts'
import type { Finding } from './config/finding.ts'
import type { Settings } from './config/settings.ts'
import type { Deployment } from './domain/deployment.ts'
import { parseDeploymentId } from './domain/ids.ts'
import { ModelCatalogue } from './domain/model-catalogue.ts'
import type { ModelEntry } from './domain/model-entry.ts'
import { buildDeployment } from './journey/7-provider/build-deployment.ts'

export interface BuiltCatalogue {
  readonly catalogue: ModelCatalogue
  readonly findings: readonly Finding[]
}

/** What answers while no model is configured. */
const DEMO_ENTRY: ModelEntry = {
  name: 'demo',
  params: { model: 'demo/echo', extraHeaders: new Map(), extraBody: {}, prices: new Map(), defaults: {} },
  info: { id: 'demo', mode: 'chat' },
}

/** Makes deployments of everything configured; what can't be made is an error with the model's place. */
export function buildCatalogue(settings: Settings): BuiltCatalogue {
  const findings: Finding[] = []
  const deployments = new Map<string, Deployment>()
  const entries = settings.models.length === 0 ? [DEMO_ENTRY] : settings.models
  for (const [index, entry] of entries.entries()) {
    const built = buildDeployment(entry, { environment: settings.providerEnvironment, digest: shortDigest })
    if (!built.ok) {
      findings.push({ severity: 'error', key: `model_list[${index}] (${entry.name})`, message: `${built.flaw}.` })
      continue
    }
    const deployment = withOwnId(built.deployment, deployments)
    deployments.set(deployment.id, deployment)
  }
  const catalogue = new ModelCatalogue([...deployments.values()], {
    models: settings.modelAliases,
    groups: settings.groupAliases,
  })
  return { catalogue, findings }
}

/** Two entries alike to the letter are two deployments; the second and later ones are numbered, in the file's order. */
function withOwnId(deployment: Deployment, taken: ReadonlyMap<string, Deployment>): Deployment {
  let id = deployment.id
  for (let n = 2; taken.has(id); n += 1) id = parseDeploymentId(`${deployment.id}-${n}`) ?? id
  return { ...deployment, id }
}
