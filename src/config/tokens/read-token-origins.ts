import { checkOrigins } from './check-token-origins.ts'
import { JWT } from './known-jwt-auth.ts'
import { readIssuers } from './read-issuers.ts'
import { readIntrospection, readUserInfo } from './read-opaque-tokens.ts'
import { readSharedProfile } from './read-shared-profile.ts'
import { tellIdleVariables } from './tell-unused-token-settings.ts'
import { DEFAULT_CHECKS, takeChecks, takeFields, takeOrigin } from './token-origin.ts'
import type { Common } from './token-origin.ts'
import type { ClaimFields, TokenPolicy, TokenSettings } from '../../domain/token-settings.ts'
import type { Findings } from '../finding.ts'
import { ENV } from '../known-environment.ts'
import { GENERAL } from '../known-general-settings.ts'
import type { Section } from '../section.ts'

interface Asked {
  readonly general: Section
  readonly env: Section
  readonly jwt: Section
  readonly takesJwts: boolean
  readonly takesOpaque: boolean
  readonly policy: TokenPolicy
}

/** Whose tokens are accepted, and how each of them is proven and read. */
export function readOrigins(
  { general, env, jwt, takesJwts, takesOpaque, policy }: Asked,
  findings: Findings,
): TokenSettings {
  const urls = takesJwts ? (env.take(ENV.jwtKeyUrls) ?? []) : []
  const fallsThrough = jwt.take(JWT.fallsThrough) ?? false
  const allowsUnscoped = jwt.take(JWT.allowsUnscoped) ?? false
  const isUnscoped =
    [ENV.jwtAudience, ENV.jwtIssuer].every(({ name }) => env.node(name) === undefined) && !allowsUnscoped
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
  tellIdleVariables(env, { introspects, takesJwts }, findings)
  checkOrigins(
    { general, jwt, takesJwts, tokens, hasUrls: urls.length > 0, entries: entries.length, fallsThrough, isUnscoped },
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
