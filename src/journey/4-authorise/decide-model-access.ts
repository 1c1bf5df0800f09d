import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { ModelCatalogue, ResolvedModel } from '../../domain/model-catalogue.ts'
import type { Principal } from '../../domain/principal.ts'
import { matchesWildcard } from '../../domain/wildcard.ts'

/**
 * May this principal use the model that the name leads to? Listing and calling ask this same question, so what is listed
 * is what can be called.
 */
export function decideModelAccess(
  principal: Principal,
  asked: string,
  resolved: ResolvedModel | undefined,
  catalogue: ModelCatalogue,
): Decision<ResolvedModel> {
  if (principal.kind === 'virtual-key') {
    const { models } = principal.key
    const names = resolved?.names ?? [asked]
    if (!grants(models, names, groupsOf(resolved, catalogue))) {
      return deny(
        'model-denied',
        'model_denied',
        `key not allowed to access model. This key can only access models=[${models.map((name) => `'${name}'`).join(', ')}]. Tried to access ${asked}`,
      )
    }
  }
  return resolved === undefined ? deny('model-unknown', 'model_unknown') : allow(resolved)
}

/** An empty list adds no restriction. A key's own alias was set by whoever made the key, so its target is granted with it. */
function grants(models: readonly string[], names: readonly string[], accessGroups: readonly string[]): boolean {
  if (models.length === 0) return true
  return models.some((entry) => {
    if (entry === '*' || entry === 'all-proxy-models') return true
    if (accessGroups.includes(entry)) return true
    return entry.includes('*') ? names.some((name) => matchesWildcard(entry, name)) : names.includes(entry)
  })
}

function groupsOf(resolved: ResolvedModel | undefined, catalogue: ModelCatalogue): readonly string[] {
  if (resolved === undefined) return []
  return resolved.deployments.flatMap((deployment) => catalogue.accessGroups(deployment.group))
}
