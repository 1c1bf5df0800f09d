import type { Deployment } from '../../domain/deployment.ts'
import type { ModelCatalogue, ResolvedModel } from '../../domain/model-catalogue.ts'
import { teamIdOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import { fillStar, starText } from '../../domain/wildcard.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import { possibleCallers } from './possible-callers.ts'
import { decideModelAccess, mayUseGroup } from './decide-model-access.ts'
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

/** The access groups that this principal was given, and all where no list restricts it. */
export function listModelGroups(principal: Principal, catalogue: ModelCatalogue): readonly string[] {
  const callers = possibleCallers(principal)
  const given = [...catalogue.accessGroupNames()].filter(([name, id]) =>
    callers.some((caller) => mayUseGroup(caller, name, id)),
  )
  return given.map(([name]) => name)
}

/** What patterns stand for, of the models that their providers are known to have. */
export function listBehindPatterns(
  principal: Principal,
  catalogue: ModelCatalogue,
  facts: Pick<ModelFacts, 'modelsOf'>,
): readonly ListedModel[] {
  const names = possibleCallers(principal).flatMap((caller) => {
    const teamId = teamIdOf(caller)
    const patterns = catalogue.publicNames(teamId).filter((name) => name.includes('*'))
    return patterns.flatMap((pattern) => {
      const deployments = catalogue.resolve(pattern, {}, teamId)?.deployments ?? []
      return deployments.flatMap((deployment) => namesBehind(pattern, deployment, facts))
    })
  })
  return [...new Set(names)].flatMap((name) => lookUpModel(principal, name, catalogue) ?? [])
}

function namesBehind(
  pattern: string,
  { provider, upstreamModel }: Deployment,
  facts: Pick<ModelFacts, 'modelsOf'>,
): readonly string[] {
  return facts.modelsOf(provider).flatMap((model) => {
    const star = starText(upstreamModel, model)
    const name = star === undefined ? pattern : fillStar(pattern, star)
    return name.includes('*') ? [] : [name]
  })
}

/** Names on the lists of the principal count too: of a wildcard deployment they may know more than the pattern. */
function candidates(principal: Principal, catalogue: ModelCatalogue): readonly string[] {
  const names = catalogue.publicNames(teamIdOf(principal))
  if (principal.kind === 'master') return names
  const listed = modelLevels(principal).flatMap(({ models }) => models.filter((name) => !name.includes('*')))
  return [...new Set([...names, ...listed, ...Object.keys(aliasesOf(principal))])]
}
