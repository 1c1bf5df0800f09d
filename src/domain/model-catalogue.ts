import type { Deployment } from './deployment.ts'
import type { ShownModel } from './shown-model.ts'
import { namesModel } from './model-budget.ts'
import { LONGEST_MODEL_NAME, namedGroups, patternsAmong } from './model-names.ts'
import { fillStar, starText } from './wildcard.ts'

export interface GroupAlias {
  readonly model: string
  readonly hidden: boolean
}

export interface CatalogueAliases {
  /** `litellm_settings.model_alias_map` */
  readonly models: ReadonlyMap<string, string>
  /** `router_settings.model_group_alias` */
  readonly groups: ReadonlyMap<string, GroupAlias>
}

/** What a model name leads to. */
export interface ResolvedModel {
  /** The public name of what answers: a group, or the name that a wildcard deployment stands in for. */
  readonly group: string
  /** Every name under which this model may be granted: as asked, and each alias on the way. */
  readonly names: readonly string[]
  readonly deployments: readonly Deployment[]
  /** What the star of the upstream's name stands for. */
  readonly star: string | undefined
  /** Other models that the call names along with it. */
  readonly others?: readonly string[]
  /** The team that brought this model. */
  readonly teamId?: string | undefined
}

/** A named set of models, beside those that deployments name themselves (`model_info.access_groups`). */
export interface ModelGroup {
  readonly id: string
  readonly name: string
  readonly models: ReadonlySet<string>
}

/** All models of this gateway, by every name that leads to them. Immutable; a change makes a new one. */
export class ModelCatalogue {
  readonly deployments: readonly Deployment[]
  /** Models of the store that no call reaches: blocked, or without a deployment. */
  readonly idle: readonly ShownModel[]
  readonly #groups = new Map<string, Deployment[]>()
  readonly #ids = new Map<string, Deployment>()
  readonly #patterns: readonly string[]
  /** Deployments whose id somebody made up: it is a name like any other. */
  readonly #namedById: readonly Deployment[]
  readonly #aliases: CatalogueAliases
  readonly #accessGroups: readonly ModelGroup[]
  /** By team, then by the name that its members use. Without a deployment, a name of theirs leads nowhere else either. */
  readonly #ofTeams = new Map<string, Map<string, Deployment[]>>()

  constructor(
    deployments: readonly Deployment[],
    aliases: CatalogueAliases,
    accessGroups: readonly ModelGroup[] = [],
    idle: readonly ShownModel[] = [],
  ) {
    this.deployments = deployments
    this.idle = idle
    this.#aliases = aliases
    this.#accessGroups = accessGroups
    for (const deployment of deployments) {
      if (deployment.teamId !== undefined) {
        this.#addToTeam(deployment.teamId, deployment)
        continue
      }
      const group = this.#groups.get(deployment.group)
      if (group === undefined) this.#groups.set(deployment.group, [deployment])
      else group.push(deployment)
      this.#ids.set(deployment.id, deployment)
    }
    for (const { teamId, publicName } of idle) {
      if (teamId !== undefined) this.#nameOfTeam(teamId, publicName)
    }
    this.#patterns = patternsAmong(this.#groups.keys())
    this.#namedById = deployments.filter(({ id, entry }) => entry.info['id'] === id)
  }

  #addToTeam(teamId: string, deployment: Deployment): void {
    this.#nameOfTeam(teamId, deployment.group).push(deployment)
    this.#ids.set(deployment.id, deployment)
  }

  #nameOfTeam(teamId: string, name: string): Deployment[] {
    const names = this.#ofTeams.get(teamId) ?? new Map<string, Deployment[]>()
    const deployments = names.get(name) ?? []
    this.#ofTeams.set(teamId, names.set(name, deployments))
    return deployments
  }

  resolve(asked: string, ownAliases: Readonly<Record<string, string>>, teamId?: string): ResolvedModel | undefined {
    const names = [asked]
    const through = (target: string | undefined): string => {
      const current = names[names.length - 1] ?? asked
      if (target !== undefined && target !== current) names.push(target)
      return names[names.length - 1] ?? asked
    }
    let name = through(Object.hasOwn(ownAliases, asked) ? ownAliases[asked] : undefined)
    name = through(this.#aliases.models.get(name))
    name = through(this.#aliases.groups.get(name)?.model)

    const ofTeam = teamId === undefined ? undefined : this.#ofTeams.get(teamId)
    const brought = ofTeam?.get(name)
    if (brought?.length === 0) return undefined
    if (brought !== undefined) return { group: name, names, deployments: brought, star: undefined, teamId }

    const exact = this.#groups.get(name)
    if (exact !== undefined) return { group: name, names, deployments: exact, star: undefined }

    const single = this.#ids.get(name)
    if (single !== undefined && (single.teamId === undefined || single.teamId === teamId)) {
      return { group: single.group, names: [...names, single.group], deployments: [single], star: undefined }
    }
    if (name.length > LONGEST_MODEL_NAME) return undefined
    for (const pattern of patternsAmong(ofTeam?.keys() ?? [])) {
      const star = starText(pattern, name)
      const deployments = ofTeam?.get(pattern) ?? []
      if (star !== undefined)
        return deployments.length === 0 ? undefined : { group: name, names, deployments, star, teamId }
    }
    for (const pattern of this.#patterns) {
      const star = starText(pattern, name)
      if (star !== undefined) return { group: name, names, deployments: this.#groups.get(pattern) ?? [], star }
    }
    return undefined
  }

  /** The groups that are meant by the name in a budget: those that it leads to, and those of aliases and ids that it names, but for those that it names itself. */
  groupsNamed(name: string, ownAliases: Readonly<Record<string, string>>, teamId?: string): readonly string[] {
    const aliases = [...Object.keys(ownAliases), ...this.#aliases.models.keys(), ...this.#aliases.groups.keys()]
    const meant = [name, ...aliases.filter((alias) => namesModel(name, alias, []))]
    const groups = new Set(meant.flatMap((each) => this.resolve(each, ownAliases, teamId)?.group ?? []))
    if (name.includes('*')) for (const group of this.#groupsOfIds(name, teamId)) groups.add(group)
    return [...groups].filter((group) => !namesModel(name, group, [])).toSorted()
  }

  /** What a pattern leads to by the ids of deployments. */
  #groupsOfIds(pattern: string, teamId: string | undefined): readonly string[] {
    return this.#namedById
      .filter((each) => each.teamId === undefined || each.teamId === teamId)
      .filter(({ id }) => namesModel(pattern, id, []))
      .map(({ group }) => group)
  }

  deployment(id: string): Deployment | undefined {
    return this.#ids.get(id)
  }

  group(name: string): readonly Deployment[] {
    return this.#groups.get(name) ?? []
  }

  /** Every public name, aliases that are not hidden included. */
  publicNames(teamId?: string): readonly string[] {
    const visible = [...this.#aliases.groups].filter(([, alias]) => !alias.hidden).map(([name]) => name)
    const ofTeam = [...((teamId === undefined ? undefined : this.#ofTeams.get(teamId)) ?? [])]
    const idle = new Set(ofTeam.flatMap(([name, deployments]) => (deployments.length === 0 ? [name] : [])))
    const all = [...this.#groups.keys(), ...visible, ...ofTeam.map(([name]) => name)]
    return [...new Set(all)].filter((name) => !idle.has(name))
  }

  /** Names and ids of the access groups that a model is in. */
  accessGroupsOf({ names, deployments }: Pick<ResolvedModel, 'names' | 'deployments'>): readonly string[] {
    const groups = new Set<string>()
    for (const name of deployments.flatMap(namedGroups)) groups.add(name)
    for (const { id, name, models } of this.#accessGroups) {
      if (names.some((model) => models.has(model))) groups.add(id).add(name)
    }
    return [...groups]
  }

  /** The names of access groups, and the id of each that has a row of its own. */
  accessGroupNames(): ReadonlyMap<string, string | undefined> {
    const names = new Map<string, string | undefined>()
    for (const name of this.deployments.flatMap(namedGroups)) names.set(name, undefined)
    for (const { id, name } of this.#accessGroups) names.set(name, id)
    return names
  }

  /** By group: the public names of the models in it. */
  accessGroups(): ReadonlyMap<string, readonly string[]> {
    const groups = new Map<string, Set<string>>()
    const add = (group: string, model: string): void => {
      groups.set(group, (groups.get(group) ?? new Set()).add(model))
    }
    for (const deployment of this.deployments) {
      for (const name of namedGroups(deployment)) add(name, deployment.group)
    }
    for (const { id, name, models } of this.#accessGroups) {
      for (const model of models) {
        add(id, model)
        add(name, model)
      }
    }
    return new Map([...groups].map(([name, models]) => [name, [...models]]))
  }
}

export function upstreamModelFor(deployment: Deployment, resolved: ResolvedModel): string {
  return resolved.star === undefined ? deployment.upstreamModel : fillStar(deployment.upstreamModel, resolved.star)
}
