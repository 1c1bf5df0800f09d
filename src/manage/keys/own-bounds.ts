import { NO_MODELS, withGroups } from '../../domain/effective.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import { keyOf } from '../../domain/principal.ts'
import type { Bearing, Principal } from '../../domain/principal.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'

/** What the presented credential itself limits, beside whoever stands behind it. */
export type OwnBounds = Pick<
  VirtualKey,
  | 'models'
  | 'allowedRoutes'
  | 'allowedPassThroughRoutes'
  | 'accessGroupIds'
  | 'enforcedParams'
  | 'tags'
  | 'metadata'
  | 'modelAliases'
  | 'limits'
  | 'budgetId'
  | 'expiresAt'
>

/** INV-12: nobody gives with a credential what the credential does not have. Undefined: it limits nothing. */
export function boundsOf(principal: Principal): OwnBounds | undefined {
  switch (principal.kind) {
    case 'master':
      return undefined
    case 'virtual-key':
      return principal.bearer === undefined ? principal.key : both(principal.key, boundsOfToken(principal.bearer))
    case 'user':
    case 'team-token':
      return boundsOfToken(principal)
  }
}

function boundsOfToken(bearing: Bearing): OwnBounds {
  return {
    models: modelsOf(bearing),
    allowedRoutes: bearing.routes?.length === 0 ? NO_ROUTE : (bearing.routes ?? []),
    allowedPassThroughRoutes: [],
    accessGroupIds: [],
    enforcedParams: [],
    tags: [],
    metadata: {},
    modelAliases: {},
    limits: NO_LIMITS,
    budgetId: undefined,
    // A token is a proof of the moment: what it makes outlives it.
    expiresAt: undefined,
  }
}

/** What the key leaves of it; where both name some, those that both name. */
function both(key: OwnBounds, token: OwnBounds): OwnBounds {
  const isLimited = token.models.length > 0
  return {
    ...key,
    models: isLimited ? common(withGroups(key), token.models, NOTHING) : key.models,
    accessGroupIds: isLimited ? [] : key.accessGroupIds,
    allowedRoutes: common(key.allowedRoutes, token.allowedRoutes, NO_ROUTE),
  }
}

/** An empty list does not limit; two that have nothing in common leave `nothing`. */
function common(one: readonly string[], other: readonly string[], nothing: readonly string[]): readonly string[] {
  if (one.length === 0) return other
  if (other.length === 0) return one
  const names = one.filter((name) => other.includes(name))
  return names.length === 0 ? nothing : names
}

/** An entry that covers no route. */
const NO_ROUTE = ['']

/** The models that a key keeps to, by their names and those of their groups. Empty: all. */
export function modelsOfKey(principal: Principal): readonly string[] {
  const key = keyOf(principal)
  return key === undefined ? [] : withGroups(key)
}

/** The credential opens less than its holder may: routes or models that it keeps to. */
export function isNarrowed(principal: Principal): boolean {
  const own = boundsOf(principal)
  return own !== undefined && own.allowedRoutes.length + withGroups(own).length > 0
}

const NOTHING = [NO_MODELS]

/** Roles and scopes of a token both have to name a model. */
function modelsOf({ roleModels, scopeModels }: Bearing): readonly string[] {
  const named =
    roleModels === undefined ? scopeModels : roleModels.filter((model) => scopeModels?.includes(model) ?? true)
  if (named === undefined) return []
  return named.length === 0 ? NOTHING : named
}
