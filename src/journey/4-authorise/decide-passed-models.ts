import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { isUnrestricted } from '../../domain/effective.ts'
import type { ModelCatalogue } from '../../domain/model-catalogue.ts'
import type { Principal } from '../../domain/principal.ts'
import { decideModelAccess } from './decide-model-access.ts'
import { modelLevels } from './model-levels.ts'

/** What a request that is passed on says about models. */
export interface PassedModels {
  readonly names: readonly string[]
  /** There is a body, and it may name others: nobody here can read it. */
  readonly isHidden: boolean
}

/**
 * Z-32: whoever may use some models only, uses no others through a prefix. A name that is no model of ours is judged by
 * the lists alone.
 */
export function decidePassedModels(
  principal: Principal,
  { names, isHidden }: PassedModels,
  catalogue: ModelCatalogue,
): Decision<undefined> {
  for (const name of names) {
    const access = decideModelAccess(principal, name, catalogue)
    if (access.verdict === 'deny' && access.problem !== 'model-unknown') return access
  }
  if (!isHidden || !modelLevels(principal).some(limitsModels)) return allow(undefined)
  return deny(
    'model-denied',
    'model_denied',
    'This caller may use some models only, and the body cannot be read: send a JSON object.',
  )
}

function limitsModels({ models, accessGroupIds }: ReturnType<typeof modelLevels>[number]): boolean {
  return models.length === 0 ? accessGroupIds.length > 0 : !isUnrestricted(models)
}
