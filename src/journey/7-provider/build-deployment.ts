import type { Deployment, Target } from '../../domain/deployment.ts'
import { isKeyText } from '../../domain/header-text.ts'
import { parseDeploymentId } from '../../domain/ids.ts'
import type { HostChoice } from '../../domain/egress.ts'
import type { ModelEntry } from '../../domain/model-entry.ts'
import type { Secret } from '../../domain/secret.ts'
import { DEMO_PROVIDER, FOREIGN_WIRES, PROVIDERS } from './catalogue.ts'
import type { ProviderFacts } from './catalogue.ts'
import { readBaseUrl } from './read-base-url.ts'
import type { AddressFlaw } from './read-base-url.ts'

export type BuiltDeployment =
  | { readonly ok: true; readonly deployment: Deployment }
  | { readonly ok: false; readonly flaw: DeploymentFlaw }

/** Why a configured model can't be a deployment. The member that must change follows from `is`. */
export type DeploymentFlaw =
  | { readonly is: 'foreign-wire' | 'unknown-provider'; readonly provider: string; readonly in: ProviderMember }
  | { readonly is: 'no-provider'; readonly model: string }
  | { readonly is: 'no-address'; readonly provider: string }
  /** `variable`: the address is of the environment, and this is its name there. */
  | { readonly is: 'bad-address'; readonly because: AddressFlaw; readonly variable: string | undefined }
  /** Of the environment: those of the file are looked at where they are read. */
  | { readonly is: 'bad-key'; readonly variable: string }
  | { readonly is: 'bad-id' }

export type ProviderMember = 'model' | 'custom_llm_provider'

export interface Surroundings {
  /** Who wrote the entry. */
  readonly host: HostChoice
  /** Provider keys and base URLs of the environment, by variable name. */
  readonly environment: ReadonlyMap<string, Secret>
  /** The same text gives the same id, after a restart and on every replica. */
  readonly digest: (text: string) => string
  /** Hosts that no configuration can make a destination. */
  readonly forbidsHost: (host: string) => boolean
}

const BARE_OPENAI =
  /^(gpt-|chatgpt-|o[1-9]|text-embedding-|omni-moderation|text-moderation|davinci|babbage|codex-|computer-use-)/
/** Makes a deployment of a configured model, or says why that cannot be. */
export function buildDeployment(entry: ModelEntry, around: Surroundings): BuiltDeployment {
  const named = readProvider(entry)
  if ('is' in named) return { ok: false, flaw: named }

  const target = named.provider === DEMO_PROVIDER ? cannedTarget(entry) : httpTarget(entry, named.provider, around)
  if ('is' in target) return { ok: false, flaw: target }

  const written = entry.info['id']
  const id = parseDeploymentId(typeof written === 'string' && written !== '' ? written : stableId(entry, around))
  if (id === undefined) return { ok: false, flaw: { is: 'bad-id' } }

  return {
    ok: true,
    deployment: { id, group: entry.name, provider: named.provider, upstreamModel: named.model, target, entry },
  }
}

function readProvider(entry: ModelEntry): { provider: string; model: string } | DeploymentFlaw {
  const { model, customLlmProvider } = entry.params
  const slash = model.indexOf('/')
  const prefix = slash === -1 ? undefined : model.slice(0, slash)
  const rest = slash === -1 ? model : model.slice(slash + 1)

  const provider = customLlmProvider ?? (prefix !== undefined && isProvider(prefix) ? prefix : undefined)
  if (provider !== undefined) {
    const member = customLlmProvider === undefined ? 'model' : 'custom_llm_provider'
    if (FOREIGN_WIRES.has(provider)) return { is: 'foreign-wire', provider, in: member }
    if (!isProvider(provider)) return { is: 'unknown-provider', provider, in: member }
    return { provider, model: prefix === provider ? rest : model }
  }
  if (model === '*' || BARE_OPENAI.test(model)) return { provider: 'openai', model }
  return prefix === undefined ? { is: 'no-provider', model } : { is: 'unknown-provider', provider: prefix, in: 'model' }
}

function isProvider(name: string): boolean {
  return PROVIDERS.has(name) || FOREIGN_WIRES.has(name) || name === DEMO_PROVIDER
}

function cannedTarget(entry: ModelEntry): Target {
  return { kind: 'canned', reply: entry.params.mockResponse }
}

function httpTarget(entry: ModelEntry, provider: string, around: Surroundings): Target | DeploymentFlaw {
  if (entry.params.mockResponse !== undefined) return cannedTarget(entry)
  const facts = PROVIDERS.get(provider)
  if (facts === undefined) return { is: 'unknown-provider', provider, in: 'model' }

  const base = findBase(entry, facts, around)
  if (base === undefined) return { is: 'no-address', provider }
  const url = readBaseUrl(base.text, around.forbidsHost)
  if (typeof url === 'string') return { is: 'bad-address', because: url, variable: base.variable }

  // The operator's keys go to hosts of the operator's choice, and to those of the providers (N-26).
  const host = entry.params.apiBase === undefined ? 'from-our-config' : around.host
  const needsKey = entry.params.apiKey === undefined && host === 'from-our-config'
  const variable = needsKey ? facts.keyVariables.find((name) => around.environment.has(name)) : undefined
  const keyOfEnvironment = variable === undefined ? undefined : around.environment.get(variable)
  if (variable !== undefined && !isKeyText(keyOfEnvironment?.reveal() ?? '')) return { is: 'bad-key', variable }
  return {
    kind: 'http',
    wire: facts.wire,
    host,
    origin: url.origin,
    basePath: url.path,
    apiVersion: entry.params.apiVersion ?? valueOf(['AZURE_API_VERSION'], around)?.reveal(),
    apiKey: entry.params.apiKey ?? keyOfEnvironment,
    headers: entry.params.extraHeaders,
  }
}

interface Base {
  readonly text: string
  readonly variable: string | undefined
}

function findBase(entry: ModelEntry, facts: ProviderFacts, around: Surroundings): Base | undefined {
  if (entry.params.apiBase !== undefined) return { text: entry.params.apiBase, variable: undefined }
  const variable = facts.baseVariables.find((name) => around.environment.has(name))
  const text = variable === undefined ? facts.baseUrl : around.environment.get(variable)?.reveal()
  return text === undefined ? undefined : { text, variable }
}

function valueOf(names: readonly string[], around: Surroundings): Secret | undefined {
  return names.map((name) => around.environment.get(name)).find((value) => value !== undefined)
}

function stableId(entry: ModelEntry, around: Surroundings): string {
  const { params } = entry
  return around.digest(
    JSON.stringify([
      entry.name,
      params.model,
      params.apiBase,
      params.apiVersion,
      params.organization,
      entry.info,
      params.defaults,
      params.weight,
      params.order,
    ]),
  )
}
