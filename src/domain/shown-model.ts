import type { JsonObject } from './json.ts'
import type { Stamps } from './stamps.ts'
import type { TeamId } from './ids.ts'

/** A stored model as its administrators read it: everything but its secrets. */
export interface ShownModel extends Stamps {
  readonly id: string
  /** As in the store: of a team's model, a name that nobody calls. */
  readonly modelName: string
  readonly publicName: string
  readonly teamId: TeamId | undefined
  /** `litellm_params`, masked. Undefined: it can't be opened. */
  readonly params: JsonObject | undefined
  readonly info: JsonObject
  readonly blocked: boolean
}
