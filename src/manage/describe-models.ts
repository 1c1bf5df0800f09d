import type { Deployment } from '../domain/deployment.ts'
import type { EpochMs } from '../domain/ids.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import type { ModelFacts } from '../ports/model-facts.ts'

/** `model/info` of a deployment: what was configured and what is known, and never a secret or a host's credential. */
export function describeDeployment(deployment: Deployment, facts: ModelFacts, now: EpochMs): JsonObject {
  const { entry } = deployment
  return {
    model_name: entry.name,
    litellm_params: describeParams(deployment),
    model_info: {
      ...describeKnown(deployment, facts, now),
      ...Object.fromEntries(entry.params.prices),
      access_groups: [],
      created_at: null,
      created_by: null,
      updated_at: null,
      updated_by: null,
      ...withoutSecrets(entry.info),
      id: deployment.id,
      db_model: false,
    },
  }
}

export function describeKnown(deployment: Deployment, facts: ModelFacts, now: EpochMs): Record<string, JsonValue> {
  const baseModel = deployment.entry.info['base_model']
  return {
    ...facts.capabilities(
      {
        provider: deployment.provider,
        model: deployment.upstreamModel,
        overrides: deployment.entry.params.prices,
        ...(typeof baseModel === 'string' ? { baseModel } : {}),
      },
      now,
    ),
  }
}

function describeParams({ entry }: Deployment): JsonObject {
  const { params } = entry
  const shown: Record<string, JsonValue> = {
    model: params.model,
    use_in_pass_through: false,
    merge_reasoning_content_in_choices: false,
    ...withoutSecrets(params.defaults),
    ...Object.fromEntries(params.prices),
  }
  const known = {
    api_base: params.apiBase,
    api_version: params.apiVersion,
    custom_llm_provider: params.customLlmProvider,
    rpm: params.rpm,
    tpm: params.tpm,
    weight: params.weight,
    order: params.order,
    max_retries: params.numRetries,
    timeout: params.timeoutMs === undefined ? undefined : params.timeoutMs / 1000,
  }
  for (const [name, value] of Object.entries(known)) if (value !== undefined) shown[name] = value
  return shown
}

const SECRET_NAME = /key|token|secret|password|credential|authorization/i
const NOT_SECRET = /_per_token|_tokens$|token_limit|^max_tokens|token_cost/

function withoutSecrets(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !SECRET_NAME.test(name) || NOT_SECRET.test(name)))
}
