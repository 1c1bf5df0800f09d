import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { ModelCatalogue } from '../../domain/model-catalogue.ts'
import type { Principal } from '../../domain/principal.ts'
import { lookUpModel } from './list-models.ts'
import type { ListedModel } from './list-models.ts'

/** May this principal look at the model? What it may not call is answered like what there is not. */
export function decideModelLookup(
  principal: Principal,
  name: string,
  catalogue: ModelCatalogue,
): Decision<ListedModel> {
  const found = lookUpModel(principal, name, catalogue)
  if (found !== undefined) return allow(found)
  return deny(
    'model-not-found',
    'model_unknown',
    'The model does not exist or you do not have access to it. Call `/v1/models` to view available models for your key.',
  )
}
