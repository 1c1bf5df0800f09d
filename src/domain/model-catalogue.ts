import type { Deployment } from './deployment.ts'
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
}

/** All models of this gateway, by every name that leads to them. Immutable; a change makes a new one. */
export class ModelCatalogue {
  readonly deployments: readonly Deployment[]
  readonly #groups = new Map<string, Deployment[]>()
  readonly #ids = new Map<string, Deployment>()
  /** Longest literal text first, so that the most specific pattern wins. */
  readonly #patterns: readonly string[]
  readonly #aliases: CatalogueAliases

  constructor(deployments: readonly Deployment[], aliases: CatalogueAliases) {
    this.deployments = deployments
    this.#aliases = aliases
    for (const deployment of deployments) {
      const group = this.#groups.get(deployment.group)
      if (group === undefined) this.#groups.set(deployment.group, [deployment])
      else group.push(deployment)
      this.#ids.set(deployment.id, deployment)
    }
    this.#patterns = [...this.#groups.keys()]
      .filter((group) => group.includes('*'))
      .toSorted((a, b) => b.replaceAll('*', '').length - a.replaceAll('*', '').length)
  }

  resolve(asked: string, ownAliases: Readonly<Record<string, string>>): ResolvedModel | undefined {
    const names = [asked]
    const through = (target: string | undefined): string => {
      const current = names[names.length - 1] ?? asked
      if (target !== undefined && target !== current) names.push(target)
      return names[names.length - 1] ?? asked
    }
    let name = through(Object.hasOwn(ownAliases, asked) ? ownAliases[asked] : undefined)
    name = through(this.#aliases.models.get(name))
    name = through(this.#aliases.groups.get(name)?.model)

    const exact = this.#groups.get(name)
    if (exact !== undefined) return { group: name, names, deployments: exact, star: undefined }

    const single = this.#ids.get(name)
    if (single !== undefined) {
      return { group: single.group, names: [...names, single.group], deployments: [single], star: undefined }
    }
    for (const pattern of this.#patterns) {
      const star = starText(pattern, name)
      if (star !== undefined) return { group: name, names, deployments: this.#groups.get(pattern) ?? [], star }
    }
    return undefined
  }

  deployment(id: string): Deployment | undefined {
    return this.#ids.get(id)
  }

  group(name: string): readonly Deployment[] {
    return this.#groups.get(name) ?? []
  }

  /** Every public name, aliases that are not hidden included. */
  publicNames(): readonly string[] {
    const visible = [...this.#aliases.groups].filter(([, alias]) => !alias.hidden).map(([name]) => name)
    return [...new Set([...this.#groups.keys(), ...visible])]
  }

  /** Names of access groups (`model_info.access_groups`) that a model group belongs to. */
  accessGroups(group: string): readonly string[] {
    const names = this.group(group).flatMap((deployment) => {
      const listed = deployment.entry.info['access_groups']
      return Array.isArray(listed) ? listed.filter((name) => typeof name === 'string') : []
    })
    return [...new Set(names)]
  }
}

export function upstreamModelFor(deployment: Deployment, resolved: ResolvedModel): string {
  return resolved.star === undefined ? deployment.upstreamModel : fillStar(deployment.upstreamModel, resolved.star)
}
