import type { Decision } from '../domain/decision.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Principal } from '../domain/principal.ts'
import type { Provision } from '../domain/provision.ts'

/** Who wants to know how a decision came about; the journey tells it each step as it is taken. */
export interface Trail {
  /** `about`: the inputs, by name. */
  note(step: string, outcome: Decision<unknown>, about?: JsonObject): void
  /** Who it would be, as far as is known by now; the last word counts. */
  caller(principal: Principal): void
  /** What would become of the directory. */
  effects(effects: readonly Provision[]): void
}
