import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { ModelCatalogue } from '../../domain/model-catalogue.ts'
import type { Principal } from '../../domain/principal.ts'
import { modelsIn } from '../1-intake/named-models.ts'
import { decidePassedModels } from './decide-passed-models.ts'

const NONE = allow(undefined)

/** Z-32: a tool of the provider's may call another model, as the one that paints does. Its name goes there as it is. */
export function decideToolModels(
  principal: Principal,
  { tools }: JsonObject,
  catalogue: ModelCatalogue,
): Decision<undefined> {
  if (tools === undefined) return NONE
  return decidePassedModels(principal, { names: modelsIn(tools), isHidden: false }, catalogue)
}
