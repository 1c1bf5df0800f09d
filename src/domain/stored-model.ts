import type { TeamId } from './ids.ts'
import type { JsonObject } from './json.ts'
import type { Stamps } from './stamps.ts'

/** A deployment that was made through the API. */
export interface StoredModel extends Stamps {
  readonly id: string
  /** Unique inside for a model of a team, so that nobody else's calls reach it. */
  readonly modelName: string
  /** What its callers call it. */
  readonly publicName: string
  readonly teamId: TeamId | undefined
  /** `litellm_params`, sealed: addresses and credentials of a provider. */
  readonly sealedParams: string
  readonly info: JsonObject
  readonly blocked: boolean
}
