import type { Deployment } from '../../domain/deployment.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { ShownModel } from '../../domain/shown-model.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import { isSecretParam, maskPlaces } from './mask-params.ts'
import { wholeInfo } from './show-model.ts'

/** Who reads about models: one who may change them, one who may look at all of them, one who may call them (Z-25). */
export type ModelView = 'changes' | 'looks' | 'calls'

/** `model/info` of a deployment: what was configured and what is known, and never a secret or a host's credential. */
export function describeDeployment(
  deployment: Deployment,
  view: Exclude<ModelView, 'calls'>,
  facts: ModelFacts,
  now: EpochMs,
): JsonObject {
  const { entry, stored } = deployment
  const params = stored?.params === undefined ? describeParams(deployment) : { ...ABSENT, ...stored.params }
  return {
    model_name: stored?.modelName ?? entry.name,
    litellm_params: view === 'changes' ? params : maskPlaces(params),
    model_info: { ...contextOf(params), ...infoOf(deployment, facts, now) },
  }
}

/** As a caller reads of it, by a name that the caller can use. */
export function describeCallable(name: string, deployment: Deployment, facts: ModelFacts, now: EpochMs): JsonObject {
  return {
    model_name: name,
    litellm_params: { model: name },
    model_info: inform(infoOf(deployment, facts, now)),
  }
}

function infoOf(deployment: Deployment, facts: ModelFacts, now: EpochMs): JsonObject {
  const { entry, stored } = deployment
  return {
    ...describeKnown(deployment, facts, now),
    ...pricesOf(deployment),
    access_groups: [],
    ...NO_STAMPS,
    ...describeInfo(entry.info),
    id: deployment.id,
    db_model: stored !== undefined,
    ...(stored === undefined ? {} : { ...stampsOf(stored), blocked: stored.blocked }),
  }
}

/** A model of the store that no call reaches. */
export function describeIdle(model: ShownModel, view: Exclude<ModelView, 'calls'>): JsonObject {
  const params = { ...ABSENT, ...model.params }
  return {
    model_name: model.modelName,
    litellm_params: view === 'changes' ? params : maskPlaces(params),
    model_info: {
      ...contextOf(params),
      ...mirrored(Object.entries(params).filter(([name]) => PRICE.test(name))),
      access_groups: [],
      ...describeInfo(wholeInfo(model)),
      ...stampsOf(model),
      blocked: model.blocked,
    },
  }
}

/** What clients look for in every model's parameters. */
const ABSENT = { use_in_pass_through: false, merge_reasoning_content_in_choices: false }
const NO_STAMPS = { created_at: null, created_by: null, updated_at: null, updated_by: null }

function stampsOf({ createdAt, createdBy, updatedAt, updatedBy }: ShownModel): JsonObject {
  return {
    created_at: new Date(createdAt).toISOString(),
    created_by: createdBy,
    updated_at: new Date(updatedAt).toISOString(),
    updated_by: updatedBy,
  }
}

const PRICE = /_costs?(?:_|$)/
const LIMIT = /^(?:max_tokens|max_input_tokens|max_output_tokens|rpm|tpm)$/
const ABILITY = /^supports_/

/** What was written of a model, as clients read it: a script that knows only texts may have written its numbers. */
export function describeInfo(info: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(withoutSecrets(info)).map(([name, value]) => [name, asMeant(name, value)]))
}

function asMeant(name: string, value: JsonValue): JsonValue {
  if (PRICE.test(name) || LIMIT.test(name)) return numbersIn(value)
  return ABILITY.test(name) && (value === 'true' || value === 'false') ? value === 'true' : value
}

/** Note 20: name, mode, limits and price. */
const FOR_CALLERS =
  /^(?:id|db_model|mode|max_tokens|max_input_tokens|max_output_tokens|rpm|tpm)$|^supports_|_costs?(?:_|$)/

function inform(info: JsonObject): JsonObject {
  return { ...Object.fromEntries(Object.entries(info).filter(([name]) => FOR_CALLERS.test(name))), ...NO_STAMPS }
}

/** Limits that were written among the parameters are information as well. */
function contextOf(params: JsonObject): JsonObject {
  const names = ['max_input_tokens', 'max_output_tokens']
  return Object.fromEntries(Object.entries(params).filter(([name]) => names.includes(name)))
}

export function pricesOf({ entry }: Deployment): JsonObject {
  return mirrored([...entry.params.prices])
}

/** Prices are kept as the text that was written; clients read numbers. */
function mirrored(prices: readonly (readonly [string, JsonValue])[]): JsonObject {
  return Object.fromEntries(prices.map(([name, price]) => [name, numbersIn(price)]))
}

/** Some are lists or maps of prices, by size of the prompt or by hour, with other texts beside them. */
function numbersIn(price: JsonValue): JsonValue {
  if (typeof price === 'string') return price.trim() === '' || Number.isNaN(Number(price)) ? price : Number(price)
  if (Array.isArray(price)) return price.map(numbersIn)
  return isObject(price) ? mirrored(Object.entries(price)) : price
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

function describeParams(deployment: Deployment): JsonObject {
  const { params } = deployment.entry
  const shown: Record<string, JsonValue> = {
    model: params.model,
    ...ABSENT,
    ...withoutSecrets(params.defaults),
    ...pricesOf(deployment),
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

function withoutSecrets(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !isSecretParam(name)))
}
