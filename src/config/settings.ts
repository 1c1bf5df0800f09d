import type { KeyDefaults, KeyGeneration, KeyUpperBounds, UserDefaults } from '../domain/key-rules.ts'
import type { EgressEntry } from '../domain/egress.ts'
import type { OperatorBudgets } from '../domain/limits.ts'
import type { GroupAlias } from '../domain/model-catalogue.ts'
import type { ModelEntry } from '../domain/model-entry.ts'
import type { RouterPolicy } from '../domain/router-policy.ts'
import type { Secret } from '../domain/secret.ts'
import type { TokenSettings } from '../domain/token-settings.ts'

/** What the operator decided, checked and typed. Frozen; nothing else of the configuration reaches the program. */
export interface Settings {
  readonly masterKey?: Secret
  readonly saltKey?: Secret
  readonly databaseUrl?: Secret
  readonly databasePoolSize: number
  readonly dataDir: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly logLevel: LogLevel

  readonly models: readonly ModelEntry[]
  /** Of deployments that set none; applied to `models` already. */
  readonly defaultMaxParallel?: number
  /** Whether models may be made through the API, beside those of the file. */
  readonly storeModels: boolean
  /** Destinations that models made through the API may have although they are private or without TLS. */
  readonly egressAllow: readonly EgressEntry[]
  /** Every `…_API_KEY`, `…_API_BASE` and `…_BASE_URL` of the environment, for deployments that name none. */
  readonly providerEnvironment: ReadonlyMap<string, Secret>
  readonly modelAliases: ReadonlyMap<string, string>
  readonly groupAliases: ReadonlyMap<string, GroupAlias>
  readonly forcedModels: ForcedModels
  readonly router: RouterSettings
  readonly mockUsage: { readonly promptTokens: number; readonly completionTokens: number }

  /** Pages for browsers. They hold no secrets; some operators want none. */
  readonly pages: Pages
  readonly limits: Limits
  readonly rates: RateSettings
  readonly keyHeaderName?: string
  readonly endUserHeaders: readonly string[]
  readonly alwaysIncludeStreamUsage: boolean
  readonly enforcedParams: readonly string[]
  readonly enforceUserParam: boolean
  readonly rejectClientsideMetadataTags: boolean
  readonly allowedRoutes?: readonly string[]
  readonly adminOnlyRoutes: readonly string[]

  readonly budgets: OperatorBudgets
  readonly allowCustomKeys: boolean
  readonly keyDefaults: KeyDefaults
  readonly keyUpperBounds: KeyUpperBounds
  readonly keyGeneration: KeyGeneration
  readonly userDefaults: UserDefaults
  readonly needsTeam: boolean
  /** Undefined: tokens of identity providers are not accepted. */
  readonly tokens: TokenSettings | undefined
  /** The module of `custom_validate`, absolute. Its function comes into the policy where the module is loaded. */
  readonly customValidate?: string
  readonly keyRotationGraceMs?: number

  readonly strictNoSecretsInUrl: boolean
  readonly corsOrigins: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly exposeRejectReason: boolean
  readonly compat: Compat
}

export interface Pages {
  readonly console: boolean
  readonly docs: boolean
  readonly redoc: boolean
}

export interface RateSettings {
  /** The kinds of token that rates of tokens count. */
  readonly counts: 'total' | 'input' | 'output'
  readonly windowMs: number
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface ForcedModels {
  readonly completion?: string
  readonly embedding?: string
  readonly image?: string
  readonly moderation?: string
}

export interface RouterSettings extends RouterPolicy {
  readonly strategy: 'simple-shuffle'
  readonly maxStreamingDurationMs?: number
}

export interface Limits {
  readonly maxRequestBytes: number
  readonly maxResponseBytes: number
}

/** Our departures from the compatible behaviour, each of which can be taken back. */
export interface Compat {
  readonly stripClientTags: boolean
  readonly clientMockResponse: boolean
  readonly metricsAuth: boolean
  readonly readinessStrict: boolean
  readonly exposeApiBase: boolean
  readonly openPassThrough: boolean
  readonly budgetErrorStatus: 400 | 429
}
