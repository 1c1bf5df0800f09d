import { namesModel } from '../../domain/model-budget.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'

type Aliased = Pick<VirtualKey, 'limits' | 'modelAliases'>

/** Those of a key's names for models that a limit of single models names. */
export function limitedAliases({ limits, modelAliases }: Aliased): VirtualKey['modelAliases'] {
  return Object.fromEntries(Object.entries(modelAliases).filter(([alias]) => isLimited(alias, limits)))
}

/** A limit that names an alias is of another model once that leads elsewhere, and of none once it is gone. */
export function givesOtherMeaning(before: Aliased, { modelAliases: after }: Pick<VirtualKey, 'modelAliases'>): boolean {
  const aliases = new Set([...Object.keys(before.modelAliases), ...Object.keys(after)])
  return [...aliases].some((alias) => before.modelAliases[alias] !== after[alias] && isLimited(alias, before.limits))
}

function isLimited(alias: string, { perModel }: VirtualKey['limits']): boolean {
  const limited = [perModel.maxBudget, perModel.tokensPerMinute, perModel.requestsPerMinute]
  return limited.some((each) => Object.keys(each ?? {}).some((name) => namesModel(name, alias, [])))
}
