import type { EpochMs } from '../domain/ids.ts'
import type { JsonValue } from '../domain/json.ts'
import type { PriceSheet } from '../domain/price.ts'

/** Which model is meant, by everything that may know it. */
export interface ModelQuery {
  /** LiteLLM's name of the provider. */
  readonly provider: string
  /** What the upstream knows the model by. */
  readonly model: string
  /** `model_info.base_model` */
  readonly baseModel?: string | undefined
  /** The deployment's own prices, as written. Compared by identity, so hand over the same map every time. */
  readonly overrides: ReadonlyMap<string, JsonValue>
  /** What the upstream calls the model in its reply; asked last. */
  readonly reportedModel?: string | undefined
}

export interface FoundPrices {
  /** Undefined: nobody knows what this model costs. */
  readonly sheet: PriceSheet | undefined
  /** The entry of the price table that the sheet rests on, as `provider/model`. */
  readonly matched: string | undefined
}

export type ModelMode =
  | 'chat'
  | 'completion'
  | 'embedding'
  | 'moderation'
  | 'rerank'
  | 'image_generation'
  | 'audio_transcription'
  | 'audio_speech'

/** Members of `model_info`, under their wire names. What is absent is not known. */
export type ModelCapabilities = {
  /** The table's name of the model. */
  readonly key?: string
  readonly litellm_provider: string
  readonly mode?: ModelMode
  readonly max_tokens?: number
  readonly max_input_tokens?: number
  readonly max_output_tokens?: number
  readonly supports_vision?: boolean
  readonly supports_function_calling?: boolean
  readonly supports_reasoning?: boolean
  readonly supports_pdf_input?: boolean
  readonly supports_audio_input?: boolean
  readonly supports_audio_output?: boolean
  readonly supports_prompt_caching?: boolean
  /** `input_cost_per_token` and its like, in dollars. */
  readonly [price: `${string}_cost${string}`]: number
}

/** What is known about models that others run. Sync and cheap when warm: it is asked for every call. */
export interface ModelFacts {
  /** Prices change with the date and with the time of day, hence `at`. */
  priceSheet(query: ModelQuery, at: EpochMs): FoundPrices
  capabilities(query: ModelQuery, at: EpochMs): ModelCapabilities
  /** The names of the models that a provider is known to have. Empty: nobody knows. */
  modelsOf(provider: string): readonly string[]
}
