import type { Deployment, Target } from '../../domain/deployment.ts'
import { parseDeploymentId } from '../../domain/ids.ts'
import type { ModelEntry } from '../../domain/model-entry.ts'
import type { Secret } from '../../domain/secret.ts'
import { DEMO_PROVIDER, FOREIGN_WIRES, PROVIDERS } from './catalogue.ts'
import type { ProviderFacts } from './catalogue.ts'

export type BuiltDeployment =
  | { readonly ok: true; readonly deployment: Deployment }
  | { readonly ok: false; readonly flaw: string }

interface Surroundings {
  /** Provider keys and base URLs of the environment, by variable name. */
  readonly environment: ReadonlyMap<string, Secret>
  /** The same text gives the same id, after a restart and on every replica. */
  readonly digest: (text: string) => string
}

const BARE_OPENAI =
  /^(gpt-|chatgpt-|o[1-9]|text-embedding-|omni-moderation|text-moderation|davinci|babbage|codex-|computer-use-)/
const METADATA_HOSTS = new Set([
  '169.254.169.254',
  'metadata.google.internal',
  '168.63.129.16',
  '100.100.100.200',
  '[fd00:ec2::254]',
])

/** Makes a deployment of a configured model, or says in a sentence for the operator why that cannot be. */
export function buildDeployment(entry: ModelEntry, around: Surroundings): BuiltDeployment {
  const named = readProvider(entry)
  if (typeof named === 'string') return { ok: false, flaw: named }

  const target = named.provider === DEMO_PROVIDER ? cannedTarget(entry) : httpTarget(entry, named.provider, around)
  if (typeof target === 'string') return { ok: false, flaw: target }

  const written = entry.info['id']
  const id = parseDeploymentId(typeof written === 'string' && written !== '' ? written : stableId(entry, around))
  if (id === undefined) return { ok: false, flaw: '`model_info.id` must be 1 to 255 printable ASCII characters' }

  return {
    ok: true,
    deployment: { id, group: entry.name, provider: named.provider, upstreamModel: named.model, target, entry },
  }
}

function readProvider(entry: ModelEntry): { provider: string; model: string } | string {
  const { model, customLlmProvider } = entry.params
  const slash = model.indexOf('/')
  const prefix = slash === -1 ? undefined : model.slice(0, slash)
  const rest = slash === -1 ? model : model.slice(slash + 1)

  const provider = customLlmProvider ?? (prefix !== undefined && isProvider(prefix) ? prefix : undefined)
  if (provider !== undefined) {
    if (FOREIGN_WIRES.has(provider)) {
      return `provider \`${provider}\` does not speak the OpenAI wire, and this version speaks no other; an OpenAI-compatible endpoint of it works as \`openai/<model>\` with \`api_base\``
    }
    if (!isProvider(provider))
      return `unknown provider \`${provider}\`; for an OpenAI-compatible endpoint write \`openai/<model>\` with \`api_base\``
    return { provider, model: prefix === provider ? rest : model }
  }
  if (model === '*' || BARE_OPENAI.test(model)) return { provider: 'openai', model }
  return `no provider is named in \`model: ${model}\`; write \`<provider>/<model>\`, for example \`openai/${model}\``
}

function isProvider(name: string): boolean {
  return PROVIDERS.has(name) || FOREIGN_WIRES.has(name) || name === DEMO_PROVIDER
}

function cannedTarget(entry: ModelEntry): Target {
  return { kind: 'canned', reply: entry.params.mockResponse }
}

function httpTarget(entry: ModelEntry, provider: string, around: Surroundings): Target | string {
  if (entry.params.mockResponse !== undefined) return cannedTarget(entry)
  const facts = PROVIDERS.get(provider)
  if (facts === undefined) return `unknown provider \`${provider}\``

  const base = entry.params.apiBase ?? fromEnvironment(facts.baseVariables, around) ?? facts.baseUrl
  if (base === undefined) return `provider \`${provider}\` needs \`api_base\``
  const url = readBaseUrl(base)
  if (typeof url === 'string') return url

  return {
    kind: 'http',
    wire: facts.wire,
    origin: url.origin,
    basePath: url.path,
    apiVersion: entry.params.apiVersion ?? fromEnvironment(['AZURE_API_VERSION'], around),
    apiKey: entry.params.apiKey ?? keyFromEnvironment(facts, around),
    headers: entry.params.extraHeaders,
  }
}

function readBaseUrl(base: string): { origin: string; path: string } | string {
  if (!URL.canParse(base)) return `\`api_base\` is not a URL`
  const url = new URL(base)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return '`api_base` must begin with https:// or http://'
  if (url.username !== '' || url.password !== '')
    return '`api_base` must not carry a user name or password; use `api_key`'
  if (url.search !== '' || url.hash !== '') return '`api_base` must not carry a query or fragment'
  if (METADATA_HOSTS.has(url.hostname)) return '`api_base` names a cloud metadata address, which is never called'
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
}

function fromEnvironment(names: readonly string[], around: Surroundings): string | undefined {
  return keyFromNames(names, around)?.reveal()
}

function keyFromEnvironment(facts: ProviderFacts, around: Surroundings): Secret | undefined {
  return keyFromNames(facts.keyVariables, around)
}

function keyFromNames(names: readonly string[], around: Surroundings): Secret | undefined {
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
