import type { Findings } from './finding.ts'
import { checkHeaders } from './header-readers.ts'
import { ENV } from './known-environment.ts'
import { GENERAL } from './known-general-settings.ts'
import { COMPAT } from './known-own-sections.ts'
import { LITELLM } from './known-litellm-settings.ts'
import { readDatabaseUrl } from './read-environment.ts'
import type { Section } from './section.ts'
import type { Compat, Settings } from './settings.ts'
import { firstOf, withoutAbsent } from './without-absent.ts'

type General = Pick<
  Settings,
  | 'databaseUrl'
  | 'databasePoolSize'
  | 'saltKey'
  | 'storeModels'
  | 'egressAllow'
  | 'forcedModels'
  | 'pages'
  | 'limits'
  | 'keyHeaderName'
  | 'endUserHeaders'
  | 'rates'
  | 'alwaysIncludeStreamUsage'
  | 'enforcedParams'
  | 'enforceUserParam'
  | 'rejectClientsideMetadataTags'
  | 'allowedRoutes'
  | 'adminOnlyRoutes'
  | 'allowCustomKeys'
  | 'strictNoSecretsInUrl'
  | 'needsTeam'
  | 'corsOrigins'
  | 'trustedProxies'
  | 'exposeRejectReason'
>

const MIB = 1024 * 1024
const MINUTE_MS = 60_000

export function readGeneral(general: Section, env: Section, findings: Findings): General {
  const databaseUrlOfEnv = readDatabaseUrl(env, findings)
  const headerName = general.take(GENERAL.userHeaderName)
  const headerMappings = general.take(GENERAL.userHeaderMappings) ?? []
  const keyHeaderName = general.take(GENERAL.keyHeaderName)
  const endUserHeaders = [...new Set([...headerMappings, ...(headerName === undefined ? [] : [headerName])])]
  const { name } = GENERAL.keyHeaderName
  const place = general.placeOf(GENERAL.keyHeaderName)
  checkHeaders(keyHeaderName, endUserHeaders, { place, key: general.pathOf(name) }, findings)
  const docs = env.take(ENV.noDocs) !== true

  return {
    ...withoutAbsent({
      databaseUrl: general.take(GENERAL.databaseUrl) ?? databaseUrlOfEnv,
      saltKey: env.take(ENV.saltKey),
      keyHeaderName,
      allowedRoutes: general.take(GENERAL.allowedRoutes),
    }),
    storeModels: firstOf(general.take(GENERAL.storeModels), env.take(ENV.storeModels)) ?? false,
    egressAllow: general.take(GENERAL.egressAllow) ?? [],
    databasePoolSize: general.take(GENERAL.databasePoolSize) ?? 10,
    forcedModels: withoutAbsent({
      completion: general.take(GENERAL.completionModel),
      embedding: general.take(GENERAL.embeddingModel),
      image: general.take(GENERAL.imageModel),
      moderation: general.take(GENERAL.moderationModel),
    }),
    pages: {
      console: env.take(ENV.noConsole) !== true,
      docs,
      redoc: docs && env.take(ENV.noRedoc) !== true,
    },
    limits: {
      maxRequestBytes: general.take(GENERAL.maxRequestBytes) ?? 32 * MIB,
      maxResponseBytes: general.take(GENERAL.maxResponseBytes) ?? 64 * MIB,
    },
    rates: {
      counts: general.take(GENERAL.tokenRateLimitType) ?? 'total',
      windowMs: env.take(ENV.rateWindowMs) ?? MINUTE_MS,
    },
    endUserHeaders,
    alwaysIncludeStreamUsage: general.take(GENERAL.alwaysIncludeStreamUsage) ?? false,
    enforcedParams: general.take(GENERAL.enforcedParams) ?? [],
    enforceUserParam: general.take(GENERAL.enforceUserParam) ?? false,
    rejectClientsideMetadataTags: general.take(GENERAL.rejectClientsideMetadataTags) ?? false,
    adminOnlyRoutes: general.take(GENERAL.adminOnlyRoutes) ?? [],
    allowCustomKeys: general.take(GENERAL.allowCustomKeys) ?? true,
    needsTeam: general.take(GENERAL.needsTeam) ?? false,
    strictNoSecretsInUrl: general.take(GENERAL.strictNoSecretsInUrl) ?? false,
    corsOrigins: general.take(GENERAL.corsOrigins) ?? [],
    trustedProxies: general.take(GENERAL.trustedProxies) ?? [],
    exposeRejectReason: general.take(GENERAL.exposeRejectReason) ?? false,
  }
}

export function readCompat(compat: Section, litellm: Section, findings: Findings): Compat {
  const metricsAuthAsLitellm = litellm.take(LITELLM.requireAuthForMetrics)
  const metricsAuth = compat.take(COMPAT.metricsAuth) ?? metricsAuthAsLitellm ?? true
  if (!metricsAuth) {
    const from = compat.node('metrics_auth') === undefined ? litellm : compat
    const key = from === compat ? COMPAT.metricsAuth : LITELLM.requireAuthForMetrics
    findings.warn(
      from.placeOf(key),
      from.pathOf(key.name),
      'Metrics, with names of keys and models, are open to everybody.',
    )
  }
  return {
    stripClientTags: compat.take(COMPAT.stripClientTags) ?? false,
    clientMockResponse: compat.take(COMPAT.clientMockResponse) ?? false,
    metricsAuth,
    readinessStrict: compat.take(COMPAT.readinessStrict) ?? false,
    exposeApiBase: compat.take(COMPAT.exposeApiBase) ?? false,
    openPassThrough: compat.take(COMPAT.openPassThrough) ?? false,
    budgetErrorStatus: compat.take(COMPAT.budgetErrorStatus) ?? 429,
  }
}
