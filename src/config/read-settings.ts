import type { Secret } from '../domain/secret.ts'
import { checkMasterKey, checkSaltKey } from './check-secrets.ts'
import type { MasterKeyUse } from './check-secrets.ts'
import { checkModelNames } from './check-model-names.ts'
import type { Findings } from './finding.ts'
import { ENV } from './known-environment.ts'
import { GENERAL, GENERAL_TABLE } from './known-general-settings.ts'
import { LITELLM, LITELLM_TABLE } from './known-litellm-settings.ts'
import { COMPAT_TABLE } from './known-own-sections.ts'
import { ROUTER, ROUTER_TABLE } from './known-router-settings.ts'
import { TOP_LEVEL_TABLE } from './known-top-level.ts'
import { knownNames } from './key-table.ts'
import type { LocatedMap } from './located.ts'
import { Credentials } from './read-credentials.ts'
import type { LocatedPassThrough } from './pass-through/read-pass-through.ts'
import type { ReadText } from './read-text-file.ts'
import { readTokens } from './tokens/read-tokens.ts'
import { openEnvironment, readProviderEnvironment } from './read-environment.ts'
import { readBudgets } from './read-budgets.ts'
import { readCompat, readGeneral } from './read-general.ts'
import { readModels } from './read-models.ts'
import type { LocatedModel } from './read-models.ts'
import { readRouter } from './read-router.ts'
import type { Environment } from './resolve-references.ts'
import { findOperatorRoutes } from './route-names.ts'
import type { RouteName } from './route-names.ts'
import { Section } from './section.ts'
import type { LogLevel, Settings } from './settings.ts'
import { withoutAbsent } from './without-absent.ts'

/** What the command line said; it wins over everything. */
export interface CliSettings {
  readonly host?: string
  readonly port?: number
  readonly dataDir?: string
  readonly numWorkers?: number
  readonly logLevel?: LogLevel
}

interface Sections {
  readonly top: Section
  readonly general: Section
  readonly litellm: Section
  readonly router: Section
  readonly compat: Section
  readonly env: Section
}

export interface ReadConfig {
  /** Only what came without an error may be used. */
  readonly settings: Settings
  /** The models of it with their places, those that could be read. */
  readonly models: readonly LocatedModel[]
  /** The entries of its lists of routes. */
  readonly routeNames: readonly RouteName[]
  readonly passThroughs: readonly LocatedPassThrough[]
}

/** The settings of one file and one environment. */
export function readSettings(
  root: LocatedMap | undefined,
  environment: Environment,
  cli: CliSettings,
  readText: ReadText,
  findings: Findings,
): ReadConfig {
  const sections = openSections(root, environment, findings)
  const { top, general, litellm, router, env } = sections
  const credentials = Credentials.read(top.node('credential_list'), findings)
  const defaultMaxParallel = router.take(ROUTER.defaultMaxParallelRequests)
  const models = readModels(top.node('model_list'), credentials, defaultMaxParallel, findings)
  credentials.warnOfUnused()

  const providerEnvironment = readProviderEnvironment(environment)
  const named = {
    models,
    modelAliases: litellm.take(LITELLM.modelAliases) ?? new Map<string, string>(),
    groupAliases: router.take(ROUTER.groupAliases) ?? new Map(),
    router: readRouter(sections, findings),
  }
  const generalSettings = readGeneral(general, env, findings)
  checkModelNames({ ...named, forcedModels: generalSettings.forcedModels }, sections, findings)
  checkWorkers(cli.numWorkers ?? env.take(ENV.numWorkers), findings)
  for (const list of [LITELLM.callbacks, LITELLM.successCallback, LITELLM.failureCallback]) litellm.take(list)
  for (const list of [LITELLM.serviceCallback, LITELLM.serviceCallbacks]) litellm.take(list)

  const userDefaults = litellm.take(LITELLM.userDefaults) ?? {}
  const read = readTokens({ general, env, userDefaults, readText }, findings)
  const { tokens, customValidate } = read
  const routeNames = [...findOperatorRoutes(general), ...read.routeNames]
  const listen = readListen(env, cli)
  const others = { models, providerEnvironment, saltKey: generalSettings.saltKey, host: listen.host }
  const masterKey = readMasterKey(sections, others, findings)
  checkSaltKey(generalSettings.saltKey, listen.host, findings)
  const settings: Settings = {
    ...generalSettings,
    ...withoutAbsent({ masterKey }),
    dataDir: cli.dataDir ?? './.latchkey',
    listen,
    logLevel: readLogLevel(sections, cli),
    ...named,
    models: models.map(({ entry }) => entry),
    providerEnvironment,
    mockUsage: {
      promptTokens: env.take(ENV.mockPromptTokens) ?? 10,
      completionTokens: env.take(ENV.mockCompletionTokens) ?? 20,
    },
    budgets: readBudgets(litellm, router),
    keyDefaults: litellm.take(LITELLM.keyDefaults) ?? {},
    keyUpperBounds: litellm.take(LITELLM.keyUpperBounds) ?? {},
    keyGeneration: litellm.take(LITELLM.keyGeneration) ?? {},
    userDefaults,
    tokens,
    ...withoutAbsent({ customValidate, keyRotationGraceMs: env.take(ENV.keyRotationGraceMs), defaultMaxParallel }),
    compat: readCompat(sections.compat, litellm, findings),
  }
  return { settings, models, routeNames, passThroughs: general.take(GENERAL.passThroughs) ?? [] }
}

function openSections(root: LocatedMap | undefined, environment: Environment, findings: Findings): Sections {
  const homes = new Map<string, string>()
  for (const table of [GENERAL_TABLE, LITELLM_TABLE, ROUTER_TABLE, TOP_LEVEL_TABLE, COMPAT_TABLE]) {
    const home = table === TOP_LEVEL_TABLE ? 'the top level of the file' : table.section
    for (const name of knownNames(table)) homes.set(name, home)
  }
  const top = Section.open(root, '', TOP_LEVEL_TABLE, findings, { homes })
  return {
    top,
    general: Section.open(top.node('general_settings'), 'general_settings', GENERAL_TABLE, findings, { homes }),
    litellm: Section.open(top.node('litellm_settings'), 'litellm_settings', LITELLM_TABLE, findings, { homes }),
    router: Section.open(top.node('router_settings'), 'router_settings', ROUTER_TABLE, findings, { homes }),
    compat: Section.open(top.node('compat'), 'compat', COMPAT_TABLE, findings, { homes }),
    env: openEnvironment(environment, findings),
  }
}

function readMasterKey(
  { general, env }: Sections,
  others: Omit<MasterKeyUse, 'masterKey' | 'key' | 'place'>,
  findings: Findings,
): Secret | undefined {
  const ofEnv = env.take(ENV.masterKey)
  const ofFile = general.take(GENERAL.masterKey)
  const masterKey = ofFile ?? ofEnv
  if (masterKey === undefined) return undefined

  const from = ofFile === undefined ? env : general
  const key = ofFile === undefined ? ENV.masterKey : GENERAL.masterKey
  checkMasterKey({ masterKey, key: from.pathOf(key.name), place: from.placeOf(key), ...others }, findings)
  return masterKey
}

function readListen(env: Section, cli: CliSettings): Settings['listen'] {
  const host = env.take(ENV.host)
  const port = env.take(ENV.port)
  return { host: cli.host ?? host ?? '127.0.0.1', port: cli.port ?? port ?? 4000 }
}

function readLogLevel({ litellm, router, env }: Sections, cli: CliSettings): LogLevel {
  const ofEnv = env.take(ENV.logLevel)
  const verbose = [litellm.take(LITELLM.setVerbose), router.take(ROUTER.setVerbose)].includes(true)
  const debugging = router.take(ROUTER.debugLevel) === 'DEBUG'
  return cli.logLevel ?? ofEnv ?? (verbose || debugging ? 'debug' : 'info')
}

function checkWorkers(count: number | undefined, findings: Findings): void {
  if (count !== undefined && count > 1)
    findings.note({}, 'num_workers', 'One process serves for now, whatever is asked for.')
}
