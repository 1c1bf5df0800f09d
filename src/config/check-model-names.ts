import type { ForcedModels, RouterSettings } from './settings.ts'
import { matchesWildcard } from '../domain/wildcard.ts'
import type { GroupAlias } from '../domain/model-catalogue.ts'
import type { Findings, Place } from './finding.ts'
import { nearestName } from './nearest-name.ts'
import type { LocatedModel } from './read-models.ts'
import type { Section } from './section.ts'
import { showModel } from './show-name.ts'

export interface NamedModels {
  readonly models: readonly LocatedModel[]
  readonly modelAliases: ReadonlyMap<string, string>
  readonly groupAliases: ReadonlyMap<string, GroupAlias>
  readonly router: RouterSettings
  readonly forcedModels: ForcedModels
}

export interface NameSections {
  readonly router: Section
  readonly litellm: Section
  readonly general: Section
}

/** Names in one place of the file that lead nowhere in another. */
export function checkModelNames(named: NamedModels, sections: NameSections, findings: Findings): void {
  checkIds(named.models, findings)
  const names = new Set([
    ...named.models.flatMap(({ entry, id }) => (id === undefined ? [entry.name] : [entry.name, id])),
    ...named.modelAliases.keys(),
    ...named.groupAliases.keys(),
  ])
  const patterns = [...names].filter((name) => name.includes('*'))
  const isKnown = (name: string): boolean =>
    names.has(name) || patterns.some((pattern) => matchesWildcard(pattern, name))

  const warn = (place: Place, key: string, name: string): void => {
    if (isKnown(name)) return
    const nearest = nearestName(name, names)
    const suggestion = nearest === undefined ? undefined : `Did you mean ${showModel(nearest)}?`
    findings.warn(place, key, `No model of model_list is called ${showModel(name)}.`, suggestion)
  }

  for (const [name, fallbacks] of fallbackLists(named.router)) {
    const section = sections.router.node(name) === undefined ? sections.litellm : sections.router
    for (const [group, targets] of fallbacks) {
      if (group !== '*') warn(section.placeOf({ name }), section.pathOf(name), group)
      for (const target of targets) warn(section.placeOf({ name }), section.pathOf(name), target)
    }
  }
  for (const [name, target] of aliasTargets(named)) {
    const section = name === 'model_alias_map' ? sections.litellm : sections.router
    warn(section.placeOf({ name }), section.pathOf(name), target)
  }
  for (const [kind, model] of Object.entries(named.forcedModels)) {
    const name = `${kind}_model`
    if (typeof model === 'string') warn(sections.general.placeOf({ name }), sections.general.pathOf(name), model)
  }
}

function fallbackLists(router: RouterSettings): readonly (readonly [string, RouterSettings['fallbacks']])[] {
  return [
    ['fallbacks', router.fallbacks],
    ['context_window_fallbacks', router.contextWindowFallbacks],
    ['content_policy_fallbacks', router.contentPolicyFallbacks],
    ['default_fallbacks', new Map([['*', router.defaultFallbacks]])],
  ]
}

function aliasTargets(named: NamedModels): readonly (readonly [string, string])[] {
  return [
    ...[...named.modelAliases.values()].map((model) => ['model_alias_map', model] as const),
    ...[...named.groupAliases.values()].map(({ model }) => ['model_group_alias', model] as const),
  ]
}

function checkIds(models: readonly LocatedModel[], findings: Findings): void {
  const first = new Map<string, LocatedModel>()
  for (const model of models) {
    if (model.id === undefined) continue
    const earlier = first.get(model.id)
    if (earlier === undefined) {
      first.set(model.id, model)
      continue
    }
    const where = `${earlier.place.file ?? 'the file'}:${earlier.place.line ?? 0}`
    findings.error(model.place, `${model.key}.model_info.id`, `The deployment at ${where} has the same id.`)
  }
}
