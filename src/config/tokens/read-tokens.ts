import { checkOrigins } from './check-token-origins.ts'
import { checkNewUsers, checkTokenSettings } from './check-token-settings.ts'
import { JWT, JWT_AUTH_TABLE } from './known-jwt-auth.ts'
import { readCustomValidate } from './read-custom-validate.ts'
import { readIssuers } from './read-issuers.ts'
import { readIntrospection, readUserInfo } from './read-opaque-tokens.ts'
import { readSharedProfile } from './read-shared-profile.ts'
import { readTokenPolicy } from './read-token-policy.ts'
import { findRouteNames } from './route-names.ts'
import type { RouteName } from './route-names.ts'
import { tellUnusedTokenSettings } from './tell-unused-token-settings.ts'
import { DEFAULT_CHECKS, takeChecks, takeFields, takeOrigin } from './token-origin.ts'
import type { Common } from './token-origin.ts'
import type { ClaimFields, TokenPolicy, TokenSettings } from '../../domain/token-settings.ts'
import type { UserDefaults } from '../../domain/key-rules.ts'
import type { Findings } from '../finding.ts'
import { ENV } from '../known-environment.ts'
import { GENERAL } from '../known-general-settings.ts'
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
  const policy = readTokenPolicy(jwt, { rolePermissions, enforcesRbac })
  const tokens = readOrigins({ ...sources, jwt, takesJwts, takesOpaque, policy }, findings)
  checkTokenSettings(jwt, policy, fieldsOf(tokens), findings)
  checkNewUsers(jwt, policy, sources.userDefaults, findings)
  if (rolePermissions.length > 0 && !policy.enforcesRoles) {
    const message = 'This has no effect without litellm_jwtauth.enforce_rbac: true.'
    findings.warn(general.placeOf(GENERAL.rolePermissions), general.pathOf('role_permissions'), message)
  }
  return {
    tokens,
    customValidate: readCustomValidate(jwt, sources.readText, findings),
    routeNames: findRouteNames(general, jwt),
  }
}

interface Asked extends Sources {
  readonly jwt: Section
  readonly takesJwts: boolean
  readonly takesOpaque: boolean
  readonly policy: TokenPolicy
}

function readOrigins({ general, env, jwt, takesJwts, takesOpaque, policy }: Asked, findings: Findings): TokenSettings {
  const urls = takesJwts ? (env.take(ENV.jwtKeyUrls) ?? []) : []
  const fallsThrough = jwt.take(JWT.fallsThrough) ?? false
  const allowsUnscoped = jwt.take(JWT.allowsUnscoped) ?? false
  const origin = takeOrigin(jwt)
  const overrides = jwt.take(JWT.routingOverrides) ?? []
  jwt.take(JWT.issuers)
  const written = jwt.node(JWT.issuers.name)
  const entries = written?.kind === 'list' ? written.items.filter(({ kind }) => kind === 'map') : []
  const usesShared = urls.length > 0 && (entries.length === 0 || fallsThrough)
  const introspects = takesOpaque || overrides.length > 0
  const isOnlyOne = entries.length + (usesShared ? urls.length : 0) + (introspects ? 1 : 0) <= 1
  const common: Common = {
    checks: takeChecks(jwt, DEFAULT_CHECKS),
    fields: globalFields(jwt),
    isOnlyOne,
    emailDomain: policy.emailDomain,
  }
  const issuers = readIssuers(entries, jwt.pathOf(JWT.issuers.name), common, findings)
  const shared = usesShared
    ? readSharedProfile(urls, { jwt, env, origin, allowsUnscoped }, common, findings)
    : undefined
  const only = issuers.length + (shared === undefined ? 0 : 1) === 1 ? (issuers[0] ?? shared) : undefined
  const userInfo = readUserInfo(jwt, { origin, only }, common, findings)
  const asker =
    overrides.length > 0 ? { section: jwt, key: JWT.routingOverrides } : { section: general, key: GENERAL.enableOauth2 }
  const asked = { place: asker.section.placeOf(asker.key), key: asker.section.pathOf(asker.key.name) }
  const introspection = readIntrospection(env, { overrides, takesOpaque, ...asked }, origin, common, findings)
  const tokens: TokenSettings = {
    issuers,
    shared,
    userInfo,
    introspection,
    keyTtlSeconds: jwt.take(JWT.keyTtl) ?? 300,
    keyStaleSeconds: jwt.take(JWT.keyStale) ?? 3600,
    policy,
  }
  checkOrigins(
    { general, jwt, takesJwts, tokens, hasUrls: urls.length > 0, entries: entries.length, fallsThrough },
    findings,
  )
  return tokens
}

function globalFields(jwt: Section): ClaimFields {
  return {
    ...takeFields(jwt),
    teamAlias: jwt.take(JWT.teamAlias),
    organizationAlias: jwt.take(JWT.organizationAlias),
    objectId: jwt.take(JWT.objectId),
    roles: jwt.take(JWT.roles),
    allowedRoles: jwt.take(JWT.userRoles),
  }
}

function fieldsOf({ issuers, shared, userInfo, introspection }: TokenSettings): readonly ClaimFields[] {
  const others = [shared, userInfo?.profile, introspection?.profile].filter((profile) => profile !== undefined)
  return [...issuers, ...others].map(({ fields }) => fields)
}
