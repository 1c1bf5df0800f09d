import type { Deployment } from '../domain/deployment.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'

/** A model as it came through the API. */
export interface ModelText {
  /** What its callers call it. */
  readonly name: string
  /** `litellm_params`, opened. */
  readonly params: JsonObject
  /** `model_info`; the id is in it. */
  readonly info: JsonObject
  /** The values of the credential that the parameters name, opened; undefined: there is none of that name. */
  readonly credential: JsonObject | undefined
}

export type ReadModel =
  | { readonly ok: true; readonly deployment: Deployment }
  /** Sentences for who sent it; none repeats a value. */
  | { readonly ok: false; readonly flaws: readonly string[] }

/** Holds models that come through the API to the rules of those in the configuration file, and to those for hosts. */
export interface ModelReader {
  read(model: ModelText): ReadModel
  /** What speaks against an `api_base` by itself, as a sentence. */
  judgeBase(base: JsonValue): string | undefined
}
