import type { Settings } from '../config/settings.ts'
import type { AccessGroup } from '../domain/access-group.ts'
import type { Deployment } from '../domain/deployment.ts'
import { ModelCatalogue } from '../domain/model-catalogue.ts'
import type { ShownModel } from '../domain/shown-model.ts'

/** What the store has beside the configuration. */
export interface StoredParts {
  readonly deployments: readonly Deployment[]
  readonly idle: readonly ShownModel[]
  readonly accessGroups: readonly AccessGroup[]
}

export function joinCatalogue(
  settings: Pick<Settings, 'models' | 'modelAliases' | 'groupAliases'>,
  configured: readonly Deployment[],
  stored: StoredParts,
): ModelCatalogue {
  // The demonstration ends with the first model of one's own.
  const isDemo = settings.models.length === 0 && stored.deployments.length > 0
  return new ModelCatalogue(
    [...(isDemo ? [] : configured), ...stored.deployments],
    { models: settings.modelAliases, groups: settings.groupAliases },
    stored.accessGroups.map(({ id, name, models }) => ({ id, name, models: new Set(models) })),
    stored.idle,
  )
}
