import type { ModelCatalogue, ResolvedModel } from '../../domain/model-catalogue.ts'
import type { Principal } from '../../domain/principal.ts'
import { decideModelAccess } from './decide-model-access.ts'

export interface ListedModel {
  readonly name: string
  readonly model: ResolvedModel
}

/** The names that this principal can call: the same question as at a call, asked for every name there is. */
export function listModels(principal: Principal, catalogue: ModelCatalogue): readonly ListedModel[] {
  return candidates(principal, catalogue).flatMap((name) => lookUpModel(principal, name, catalogue) ?? [])
}

export function lookUpModel(principal: Principal, name: string, catalogue: ModelCatalogue): ListedModel | undefined {
  const aliases = principal.kind === 'virtual-key' ? principal.key.modelAliases : {}
  const access = decideModelAccess(principal, name, catalogue.resolve(name, aliases), catalogue)
  return access.verdict === 'allow' ? { name, model: access.granted } : undefined
}

/** A key's own names count too: of a wildcard deployment it may know more than the pattern. */
function candidates(principal: Principal, catalogue: ModelCatalogue): readonly string[] {
  const names = catalogue.publicNames()
  if (principal.kind === 'master') return names
  const { models, modelAliases } = principal.key
  return [...new Set([...names, ...models.filter((name) => !name.includes('*')), ...Object.keys(modelAliases)])]
}
