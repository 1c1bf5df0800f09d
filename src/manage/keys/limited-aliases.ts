import { namesModel } from '../../domain/model-budget.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'

type Aliased = Pick<VirtualKey, 'limits' | 'modelAliases'>

/** Those of a key's names for models that a limit of single models names. */
export function limitedAliases({ limits, modelAliases }: Aliased): VirtualKey['modelAliases'] {
  return Object.fromEntries(Object.entries(modelAliases).filter(([alias, model]) => isLimit(limits, alias, [model])))
}

/** A limit that names an alias is of another model once that leads elsewhere, and of none once it is gone. */
export function givesOtherMeaning(before: Aliased, { modelAliases: after }: Pick<VirtualKey, 'modelAliases'>): boolean {
  const aliases = new Set([...Object.keys(before.modelAliases), ...Object.keys(after)])
  return [...aliases].some((alias) => {
    const [one, other] = [before.modelAliases[alias], after[alias]]
    const models = [one, other].filter((model) => model !== undefined)
    return one !== other && isLimit(before.limits, alias, models)
  })
}

/** Whether a limit names the alias, and not by itself every model that the alias leads to. */
function isLimit({ perModel }: VirtualKey['limits'], alias: string, models: readonly string[]): boolean {
  const names = [perModel.maxBudget, perModel.tokensPerMinute, perModel.requestsPerMinute].flatMap((each) =>
    Object.keys(each ?? {}),
  )
  return names.some((name) => namesModel(name, alias, []) && !models.every((model) => namesModel(name, model, [])))
}
