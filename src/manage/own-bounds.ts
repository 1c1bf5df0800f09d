import { NO_LIMITS } from '../domain/limits.ts'
import type { Principal, TokenPrincipal } from '../domain/principal.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'

/** What the presented credential itself limits, beside whoever stands behind it. */
export type OwnBounds = Pick<VirtualKey, 'models' | 'allowedRoutes' | 'accessGroupIds' | 'limits' | 'budgetId'>

/** INV-12: nobody gives with a credential what the credential does not have. Undefined: it limits nothing. */
export function boundsOf(principal: Principal): OwnBounds | undefined {
  switch (principal.kind) {
    case 'master':
      return undefined
    case 'virtual-key':
      return principal.key
    case 'user':
    case 'team-token':
      return {
        models: modelsOf(principal),
        allowedRoutes: principal.roleRoutes ?? [],
        accessGroupIds: [],
        limits: NO_LIMITS,
        budgetId: undefined,
      }
  }
}

/** The credential opens less than its holder may: routes or models that it keeps to. */
export function isNarrowed(principal: Principal): boolean {
  const own = boundsOf(principal)
  return own !== undefined && own.allowedRoutes.length + own.models.length > 0
}

const NOTHING = ['no-default-models']

/** Roles and scopes of a token both have to name a model. */
function modelsOf({ roleModels, scopeModels }: TokenPrincipal): readonly string[] {
  const both =
    roleModels === undefined ? scopeModels : roleModels.filter((model) => scopeModels?.includes(model) ?? true)
  if (both === undefined) return []
  return both.length === 0 ? NOTHING : both
}
