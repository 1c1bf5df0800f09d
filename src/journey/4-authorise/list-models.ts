import type { ModelCatalogue, ResolvedModel } from '../../domain/model-catalogue.ts'
import { teamIdOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import { possibleCallers } from './possible-callers.ts'
import { decideModelAccess } from './decide-model-access.ts'
import { aliasesOf, modelLevels } from './model-levels.ts'

export interface ListedModel {
  readonly name: string
  readonly model: ResolvedModel
}

/** The names that this principal can call: the same question as at a call, asked for every name there is. */
export function listModels(principal: Principal, catalogue: ModelCatalogue): readonly ListedModel[] {
  const names = possibleCallers(principal).flatMap((caller) => candidates(caller, catalogue))
  return [...new Set(names)].flatMap((name) => lookUpModel(principal, name, catalogue) ?? [])
}

export function lookUpModel(principal: Principal, name: string, catalogue: ModelCatalogue): ListedModel | undefined {
  for (const caller of possibleCallers(principal)) {
    const access = decideModelAccess(caller, name, catalogue)
    if (access.verdict === 'allow') return { name, model: access.granted }
  }
  return undefined
}

/** Names on the lists of the principal count too: of a wildcard deployment they may know more than the pattern. */
function candidates(principal: Principal, catalogue: ModelCatalogue): readonly string[] {
  const names = catalogue.publicNames(teamIdOf(principal))
  if (principal.kind === 'master') return names
  const listed = modelLevels(principal).flatMap(({ models }) => models.filter((name) => !name.includes('*')))
  return [...new Set([...names, ...listed, ...Object.keys(aliasesOf(principal))])]
}
