import { checkAdministrators, checkNewUsers, checkTokenSettings } from './check-token-settings.ts'
import { JWT_AUTH_TABLE } from './known-jwt-auth.ts'
import { readCustomValidate } from './read-custom-validate.ts'
import { readOrigins } from './read-token-origins.ts'
import { readTokenPolicy } from './read-token-policy.ts'
import { tellUnusedTokenSettings } from './tell-unused-token-settings.ts'
import type { ClaimFields, TokenSettings } from '../../domain/token-settings.ts'
import type { UserDefaults } from '../../domain/key-rules.ts'
import type { Findings } from '../finding.ts'
import { GENERAL } from '../known-general-settings.ts'
import { findTokenRoutes } from '../route-names.ts'
import type { RouteName } from '../route-names.ts'
import type { ReadText } from '../read-text-file.ts'
import { Section } from '../section.ts'

export interface TokenReading {
  readonly tokens: TokenSettings | undefined
  /** The module of `custom_validate`. */
  readonly customValidate: string | undefined
  readonly routeNames: readonly RouteName[]
}

interface Sources {
  readonly general: Section
  readonly env: Section
  readonly userDefaults: UserDefaults
  readonly readText: ReadText
}

/** Everything about tokens of identity providers. */
export function readTokens(sources: Sources, findings: Findings): TokenReading {
  const { general, env } = sources
  const takesJwts = general.take(GENERAL.enableJwtAuth) ?? false
  const takesOpaque = general.take(GENERAL.enableOauth2) ?? false
  const rolePermissions = general.take(GENERAL.rolePermissions) ?? []
  const enforcesRbac = general.take(GENERAL.enforceRbac) ?? false
  if (!takesJwts && !takesOpaque) {
    tellUnusedTokenSettings(general, env, findings)
    return { tokens: undefined, customValidate: undefined, routeNames: [] }
  }
  const jwt = Section.open(
    general.node('litellm_jwtauth'),
    general.pathOf('litellm_jwtauth'),
    JWT_AUTH_TABLE,
    findings,
    {
      listsNames: true,
    },
  )
  const policy = readTokenPolicy(jwt, { rolePermissions, enforcesRbac }, findings)
  const tokens = readOrigins({ general, env, jwt, takesJwts, takesOpaque, policy }, findings)
  checkTokenSettings(jwt, policy, fieldsOf(tokens), findings)
  checkNewUsers(jwt, policy, sources.userDefaults, findings)
  checkAdministrators(jwt, tokens, findings)
  if (rolePermissions.length > 0 && !policy.enforcesRoles) {
    const message = 'This has no effect without litellm_jwtauth.enforce_rbac: true.'
    findings.warn(general.placeOf(GENERAL.rolePermissions), general.pathOf('role_permissions'), message)
  }
  return {
    tokens,
    customValidate: readCustomValidate(jwt, sources.readText, findings),
    routeNames: findTokenRoutes(general, jwt),
  }
}

function fieldsOf({ issuers, shared, userInfo, introspection }: TokenSettings): readonly ClaimFields[] {
  const others = [shared, userInfo?.profile, introspection?.profile].filter((profile) => profile !== undefined)
  return [...issuers, ...others].map(({ fields }) => fields)
}
