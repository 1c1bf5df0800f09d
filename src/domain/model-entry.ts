import type { JsonObject, JsonValue } from './json.ts'
import type { Secret } from './secret.ts'

/** One entry of `model_list`, checked and typed, before a provider has made a deployment of it. */
export interface ModelEntry {
  /** `model_name`: the public name, possibly a wildcard such as `openai/*`. */
  readonly name: string
  readonly params: ModelParams
  /** `model_info` as written; shown by `/model/info`. */
  readonly info: JsonObject
}

/** `litellm_params`. What is absent was not written. */
export interface ModelParams {
  /** `provider/model`, or a bare model name. */
  readonly model: string
  readonly apiKey?: Secret
  readonly apiBase?: string
  readonly apiVersion?: string
  readonly organization?: string
  readonly customLlmProvider?: string
  readonly rpm?: number
  readonly tpm?: number
  readonly weight?: number
  readonly order?: number
  readonly maxParallelRequests?: number
  readonly timeoutMs?: number
  readonly streamTimeoutMs?: number
  readonly numRetries?: number
  readonly cooldownMs?: number
  readonly mockResponse?: string
  /** `extra_headers` and `headers`; values may be secrets. */
  readonly extraHeaders: ReadonlyMap<string, Secret>
  readonly extraBody: JsonObject
  /** Every `*_cost_*` key and `tiered_pricing`, as written, decimal text kept exact. */
  readonly prices: ReadonlyMap<string, JsonValue>
  /** OpenAI parameters that become defaults of calls which do not set them. */
  readonly defaults: JsonObject
}
