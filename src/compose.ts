import type { FastifyInstance } from 'fastify'
import { CachedRunningSpend } from './adapters/cache/running-spend.ts'
import { CachedDirectory } from './adapters/cache/cached-directory.ts'
import { openCheckpointFile } from './adapters/checkpoints/checkpoint-file.ts'
import { digests } from './adapters/crypto/digests.ts'
import { openSealing } from './adapters/crypto/sealing-keys.ts'
import { createIdSigner } from './adapters/crypto/id-signer.ts'
import { passwords } from './adapters/crypto/passwords.ts'
import { callLog } from './adapters/log/call-log.ts'
import type { Log } from './adapters/log/operator-log.ts'
import { CallMetrics } from './adapters/metrics/call-metrics.ts'
import { EgressGuard } from './adapters/outbound-http/egress-guard.ts'
import { PooledUpstream } from './adapters/outbound-http/pooled-upstream.ts'
import { loadModelFacts } from './adapters/prices/model-facts.ts'
import { openSpool } from './adapters/spool/open-spool.ts'
import { settledFirst } from './adapters/spool/settled-first.ts'
import { openStore } from './adapters/sql/open-store.ts'
import type { Store } from './adapters/sql/open-store.ts'
import { chance, newCallId, timers } from './adapters/system/chance.ts'
import { clock } from './adapters/system/clock.ts'
import { watchLoad } from './adapters/system/load-watch.ts'
import { nextTurn } from './adapters/system/next-turn.ts'
import { holdFile } from './adapters/system/hold-file.ts'
import type { Settings } from './config/settings.ts'
import type { KeyDigest } from './domain/ids.ts'
import type { ModelCatalogue } from './domain/model-catalogue.ts'
import { auditRoutes } from './http/admin/audit.routes.ts'
import { activityRoutes } from './http/admin/activity.routes.ts'
import { budgetRoutes } from './http/admin/budgets.routes.ts'
import { customerRoutes } from './http/admin/customers.routes.ts'
import { globalSpendRoutes } from './http/admin/global-spend.routes.ts'
import { identityRoutes } from './http/admin/identities.routes.ts'
import { invitationRoutes } from './http/admin/invitations.routes.ts'
import { keyMappingRoutes } from './http/admin/key-mappings.routes.ts'
import { keyRoutes } from './http/admin/keys.routes.ts'
import { organizationRoutes } from './http/admin/organizations.routes.ts'
import { accessGroupRoutes } from './http/admin/access-groups.routes.ts'
import { explainRoutes } from './http/admin/explain.routes.ts'
import { credentialRoutes } from './http/admin/credentials.routes.ts'
import { modelInfoRoutes } from './http/admin/model-info.routes.ts'
import { storedModelRoutes } from './http/admin/models.routes.ts'
import { spendRoutes } from './http/admin/spend.routes.ts'
import { tagRoutes } from './http/admin/tags.routes.ts'
import { userRoutes } from './http/admin/users.routes.ts'
import { teamMemberRoutes } from './http/admin/team-members.routes.ts'
import { teamRoutes } from './http/admin/teams.routes.ts'
import { consoleRoutes } from './http/console/console.routes.ts'
import { docsRoutes } from './http/docs/docs.routes.ts'
import { modelCallRoutes } from './http/llm/model-call.routes.ts'
import { modelRoutes } from './http/llm/models.routes.ts'
import { responseRoutes } from './http/llm/responses.routes.ts'
import { healthRoutes } from './http/ops/health.routes.ts'
import { metricsRoutes } from './http/ops/metrics.routes.ts'
import type { EdgePorts } from './http/route.ts'
import { buildServer } from './http/server.ts'
import type { FaultPorts } from './http/wire/answer-fault.ts'
import { ClientAddresses } from './http/wire/client-address.ts'
import { Doors } from './http/wire/doors.ts'
import { BodyBudget } from './http/wire/read-body.ts'
import { AuditCheckpoints } from './jobs/checkpoint-audit.ts'
import { RefusalTally } from './jobs/tell-refusals.ts'
import { askAgain } from './journey/ask-again.ts'
import type { JourneyPorts } from './journey/journey-ports.ts'
import { StandingWatch } from './journey/standing-watch.ts'
import { GuessLimits } from './journey/2-authenticate/guess-limits.ts'
import { DeploymentHealth } from './journey/6-route/deployment-health.ts'
import type { MeterPorts } from './journey/5-meter/reserve-budget.ts'
import { ROUTE_GROUPS } from './journey/4-authorise/route-groups.ts'
import type { ServePorts } from './journey/serve.ts'
import { join } from 'node:path'
import type { ManagePorts } from './manage/ports.ts'
import { createProvisioner } from './manage/provision-token.ts'
import type { CallObserver } from './ports/call-observer.ts'
import type { ChargeKeeper } from './ports/ledger.ts'
import type { LevelOfWork } from './level-of-work.ts'
import { ModelShelf } from './model-shelf.ts'
import { CatalogueReader } from './read-catalogue.ts'
import { openTokens } from './open-tokens.ts'
import { createModelReader } from './read-stored-model.ts'

export interface Gateway {
  readonly app: FastifyInstance
  readonly store: Store
  /** After the last request: everything owed is written down, everything held is let go. */
  close(): Promise<void>
}

const MAX_BODIES_BYTES = 512 * 1024 * 1024
const MANAGEMENT_BYTES = 1024 * 1024
const MAX_STREAM_MS = 60 * 60_000
/** Each batch is a commit that waits for the disk: few large ones cost the embedded database much less. */
const EMBEDDED_FLUSH_MS = 500
const MOST_CLIENT_RETRIES = 10

export interface Parts {
  readonly settings: Settings
  readonly catalogue: ModelCatalogue
  readonly store: Store
  readonly masterKey: KeyDigest
  readonly log: Log
  readonly isDraining: () => boolean
  readonly level: LevelOfWork
}

export function openGatewayStore(settings: Settings, log: Log): Promise<Store> {
  return openStore({
    ...(settings.databaseUrl === undefined ? {} : { databaseUrl: settings.databaseUrl }),
    poolSize: settings.databasePoolSize,
    dataDir: settings.dataDir,
    clock,
    log,
    holdFile,
  })
}

/** The only place where adapters meet ports. */
export async function compose(parts: Parts): Promise<Gateway> {
  const { settings, store, log, level } = parts
  const seal = await openSealing({
    saltKey: settings.saltKey,
    masterKey: parts.masterKey,
    store: store.kind,
    dataDir: settings.dataDir,
    hasSealedRows: store.hasSealedRows,
  })
  const guard = new EgressGuard(settings.egressAllow)
  const modelReader = createModelReader(settings, guard)
  const facts = await loadModelFacts()
  const spool = openSpool({
    dir: join(settings.dataDir, 'spool'),
    store: store.ledger,
    holdFile,
    log,
    // Nobody else has this store open; what is asked for is flushed first, and a full batch does not wait.
    ...(store.kind === 'embedded' ? { flushAfterMs: EMBEDDED_FLUSH_MS } : {}),
  })
  const reader = store.readLedger(() => spool.flushNow())
  const directory = new CachedDirectory({
    directory: store.directory,
    changes: store.changes,
    clock,
    mappingTtlMs: mappingTtlMs(settings),
  })
  const metrics = new CallMetrics(() => spool.pendingCount)
  const observer = both(level.logs ? callLog(log) : undefined, metrics)
  const ledger: ChargeKeeper = level.books ? spool : { keep: async () => {} }
  const upstream = new PooledUpstream(guard)
  const load = watchLoad()
  const signer = createIdSigner(Buffer.from(store.installation.signingSecret.reveal(), 'hex'))
  const catalogueReader = new CatalogueReader(settings, parts.catalogue.deployments, store, seal, modelReader)
  const shelf = new ModelShelf(parts.catalogue, () => catalogueReader.read(), store.changes, log)
  await shelf.refresh()
  const catalogue = (): ModelCatalogue => shelf.catalogue
  const book = openCheckpointFile(settings.dataDir, store.installation.id)
  const checkpoints = new AuditCheckpoints({ book, clock, timers, log })
  await checkpoints.begin(store.audit)
  const registry = store.openRegistry(
    newCallId,
    async (changed) => {
      directory.forget(changed)
      if (changed.some(({ kind }) => kind === 'model' || kind === 'access_group')) await shelf.refresh()
    },
    (head) => checkpoints.recorded(head),
    (attempt) => refusals.tell(attempt),
  )
  const refusals = new RefusalTally({ registry, timers, log })

  const tokens = await openTokens(
    settings,
    log,
    createProvisioner({ registry, clock, newId: newCallId, userDefaults: settings.userDefaults, digests, chance }),
  )
  const journey: JourneyPorts = {
    clock,
    credentials: {
      digests,
      directory,
      masterKey: parts.masterKey,
      guesses: new GuessLimits(),
      load,
      tokens: tokens?.ports.verifier,
    },
    tokens: tokens?.ports,
    directory,
    catalogue,
    signer,
    nextTurn,
    installation: store.installation.id,
    meter: {
      directory,
      budgets: settledFirst(
        store.openBudgets(() => spool.flushNow()),
        spool,
      ),
      prices: facts,
      chance,
      nextTurn,
      settings: meterSettings(settings),
    },
    settings: journeySettings(settings),
  }
  const serving: ServePorts = {
    ledger,
    prices: facts,
    spend: new CachedRunningSpend(reader),
    chance,
    observer,
    nextTurn,
    clock,
    timers,
    upstream,
    signer,
    standing: new StandingWatch((admission) => askAgain(admission, journey), clock, timers),
    catalogue,
    health: new DeploymentHealth(settings.router),
    policy: settings.router,
    mockUsage: settings.mockUsage,
    showsApiBase: settings.compat.exposeApiBase,
    maxAnswerBytes: settings.limits.maxResponseBytes,
    maxStreamMs: settings.router.maxStreamingDurationMs ?? MAX_STREAM_MS,
  }
  const edge: EdgePorts = {
    journey,
    observer,
    bodies: new BodyBudget(MAX_BODIES_BYTES),
    addresses: new ClientAddresses(settings.trustedProxies),
    limits: { inferenceBytes: settings.limits.maxRequestBytes, managementBytes: MANAGEMENT_BYTES },
    exposeRejectReason: settings.exposeRejectReason,
    refusals,
    described: [],
  }

  const manage: ManagePorts = {
    registry,
    ledger: reader,
    digests,
    chance,
    clock,
    passwords,
    masterKey: parts.masterKey,
    rules: settings,
    catalogue,
    grants: () => ({ modelGroups: shelf.catalogue.accessGroups(), routeGroups: ROUTE_GROUPS }),
    newId: newCallId,
    availableTeams: new Set(),
    seal,
    storesModels: settings.storeModels,
    modelReader,
  }

  const doors = new Doors()
  const faults: FaultPorts = {
    onFault: (error, about) => log.logger.error({ call_id: about.callId, route: about.route, err: error }, 'fault'),
    onProblem: (problem, about) =>
      log.logger.info({ call_id: about.callId, route: about.route, problem: problem.code }, 'refused'),
  }
  const app = buildServer({ newCallId, corsOrigins: settings.corsOrigins, doors, ...faults })
  modelCallRoutes(app, edge, { doors, serving, faults })
  responseRoutes(app, edge, serving)
  modelRoutes(app, edge, facts)
  keyRoutes(app, edge, manage)
  keyMappingRoutes(app, edge, manage)
  userRoutes(app, edge, manage)
  identityRoutes(app, edge, manage)
  invitationRoutes(app, edge, manage)
  budgetRoutes(app, edge, manage)
  customerRoutes(app, edge, manage)
  tagRoutes(app, edge, manage)
  modelInfoRoutes(app, edge, facts)
  storedModelRoutes(app, edge, manage)
  credentialRoutes(app, edge, manage)
  accessGroupRoutes(app, edge, manage)
  spendRoutes(app, edge, manage, facts)
  globalSpendRoutes(app, edge, manage)
  activityRoutes(app, edge, manage)
  teamRoutes(app, edge, manage)
  teamMemberRoutes(app, edge, manage)
  organizationRoutes(app, edge, manage)
  auditRoutes(app, edge, store.audit)
  explainRoutes(app, edge)
  healthRoutes(app, edge, {
    pingStore: () => store.ping(),
    logLevel: settings.logLevel,
    strict: settings.compat.readinessStrict,
    isDraining: parts.isDraining,
    now: () => clock.now(),
  })
  metricsRoutes(app, edge, metrics, settings.compat.metricsAuth)
  await docsRoutes(app, edge)
  await consoleRoutes(app)

  return {
    app,
    store,
    async close() {
      shelf.close()
      load.stop()
      await refusals.close()
      checkpoints.close()
      await spool.close()
      await tokens?.close()
      await upstream.close()
      await store.close()
      log.flush()
    },
  }
}

function journeySettings(settings: Settings): JourneyPorts['settings'] {
  const { completion, embedding, moderation } = settings.forcedModels
  return {
    keyHeader: settings.keyHeaderName?.toLowerCase(),
    enforcedParams: settings.enforcedParams,
    routes: { served: settings.allowedRoutes, adminOnly: settings.adminOnlyRoutes },
    intake: {
      controls: {
        maxTimeoutMs: settings.router.timeoutMs,
        maxRetries: Math.max(MOST_CLIENT_RETRIES, settings.router.numRetries),
      },
      attribution: {
        endUserHeaders: settings.endUserHeaders.map((name) => name.toLowerCase()),
        rejectClientTags: settings.rejectClientsideMetadataTags,
        stripClientTags: settings.compat.stripClientTags,
        requireEndUser: settings.enforceUserParam,
      },
      forcedModels: {
        ...(completion === undefined ? {} : { chat: completion, completion }),
        ...(embedding === undefined ? {} : { embedding }),
        ...(moderation === undefined ? {} : { moderation }),
      },
      alwaysIncludeStreamUsage: settings.alwaysIncludeStreamUsage,
      clientMockResponse: settings.compat.clientMockResponse,
    },
  }
}

function mappingTtlMs({ tokens }: Settings): number | undefined {
  const seconds = tokens?.policy.keyMapping?.ttlSeconds
  return seconds === undefined ? undefined : seconds * 1000
}

function meterSettings({ compat, router }: Settings): MeterPorts['settings'] {
  return { budgetRefusesAs400: compat.budgetErrorStatus === 400, mostCallMs: router.timeoutMs }
}

function both(first: CallObserver | undefined, second: CallObserver): CallObserver {
  if (first === undefined) return second
  return {
    charged(entry, of) {
      first.charged(entry, of)
      second.charged(entry, of)
    },
    finished(entry, since) {
      first.finished(entry, since)
      second.finished(entry, since)
    },
    refused(denied, about) {
      first.refused(denied, about)
      second.refused(denied, about)
    },
    attempted(deployment, model, failure) {
      first.attempted(deployment, model, failure)
      second.attempted(deployment, model, failure)
    },
    rested(deployment, model, failure) {
      first.rested(deployment, model, failure)
      second.rested(deployment, model, failure)
    },
  }
}
