import { shortDigest } from '../adapters/crypto/digests.ts'
import { readStoredEntry } from '../config/read-stored-entry.ts'
import type { Settings } from '../config/settings.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import type { ModelEntry } from '../domain/model-entry.ts'
import { isKeyText } from '../domain/header-text.ts'
import { NO_REFERENCES, holdsReference } from '../domain/references.ts'
import { isForbiddenHost } from '../adapters/outbound-http/forbidden-addresses.ts'
import { Findings } from '../config/finding.ts'
import { buildDeployment } from '../journey/7-provider/build-deployment.ts'
import type { DeploymentFlaw } from '../journey/7-provider/build-deployment.ts'
import { tellFlaw } from './tell-flaw.ts'
import type { Egress } from '../ports/egress.ts'
import type { ModelReader, ModelText, ReadModel } from '../ports/model-reader.ts'

type ReaderSettings = Pick<Settings, 'providerEnvironment' | 'defaultMaxParallel'>

/** Stored models by the tables of the configuration, the providers we know, and the policy for hosts. */
export function createModelReader(settings: ReaderSettings, egress: Egress): ModelReader {
  const judgeBase = (base: JsonValue): string | undefined => {
    const flaw = typeof base === 'string' ? egress.judge(base) : 'it is not a URL'
    return flaw === undefined ? undefined : `${flaw}.`
  }
  return {
    judgeBase,
    read(model: ModelText): ReadModel {
      const { name, params, info, credential } = model
      if ([name, params, info, credential].some(holdsReference)) return refused(NO_REFERENCES)
      const filled = fillFromCredential(model)
      if (typeof filled === 'string') return refused(filled)

      const read = readStoredEntry({ name, params: filled, info })
      if (!read.ok) return read
      const { apiBase, apiKey, organization } = read.entry.params
      // They become headers.
      if (![apiKey?.reveal() ?? '', organization ?? ''].every(isKeyText)) {
        return refused('`litellm_params`: `api_key` and `organization` are one line of printable ASCII.')
      }
      const flaw = apiBase === undefined ? undefined : judgeBase(apiBase)
      if (flaw !== undefined) return refused(`\`litellm_params.api_base\`: ${flaw}`)

      const built = buildDeployment(withDefaults(read.entry, settings), {
        host: 'from-the-api',
        environment: settings.providerEnvironment,
        digest: shortDigest,
        forbidsHost: isForbiddenHost,
      })
      return built.ok ? built : { ok: false, flaws: sentencesOf(built.flaw, read.entry) }
    },
  }
}

/** Like entries of the file, except that what is written beside the credential's name may not lead it elsewhere (N-26). */
function fillFromCredential({ params, credential }: ModelText): JsonObject | string {
  const name = params['litellm_credential_name']
  if (name === undefined || name === null) return params
  if (credential === undefined) return '`litellm_params.litellm_credential_name`: there is no credential of this name.'

  const own = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null))
  const ownBase = own['api_base'] ?? own['base_url']
  const bound = credential['api_base'] ?? credential['base_url']
  if (ownBase !== undefined && originOf(ownBase) !== originOf(bound)) {
    return '`litellm_params.api_base`: a credential goes to its own `api_base` and nowhere else. Leave `api_base` out, or write it into the credential.'
  }
  return { ...credential, ...own }
}

function originOf(base: JsonValue | undefined): string | undefined {
  return typeof base === 'string' && URL.canParse(base) ? new URL(base).origin : undefined
}

function withDefaults(entry: ModelEntry, { defaultMaxParallel }: ReaderSettings): ModelEntry {
  if (defaultMaxParallel === undefined || entry.params.maxParallelRequests !== undefined) return entry
  return { ...entry, params: { ...entry.params, maxParallelRequests: defaultMaxParallel } }
}

/** As they are said of a model of the file. */
function sentencesOf(flaw: DeploymentFlaw, entry: ModelEntry): readonly string[] {
  const findings = new Findings()
  const places = { model: {}, custom_llm_provider: {}, api_base: {}, id: {} }
  tellFlaw(flaw, { entry, key: '', place: {}, places }, findings)
  return findings.list().map(({ key, message }) => `\`${key.replace(/^\./, '')}\`: ${message}`)
}

function refused(flaw: string): ReadModel {
  return { ok: false, flaws: [flaw] }
}
