import type { FastifyInstance } from 'fastify'
import { CachedRunningSpend } from './adapters/cache/running-spend.ts'
import { KeyCache } from './adapters/cache/key-cache.ts'
import { cachedVirtualKeys } from './adapters/cache/cached-virtual-keys.ts'
import { digests } from './adapters/crypto/digests.ts'
import { createIdSigner } from './adapters/crypto/id-signer.ts'
import { callLog } from './adapters/log/call-log.ts'
import type { Log } from './adapters/log/operator-log.ts'
import { CallMetrics } from './adapters/metrics/call-metrics.ts'
import { PooledUpstream } from './adapters/outbound-http/pooled-upstream.ts'
import { loadModelFacts } from './adapters/prices/model-facts.ts'
import { openSpool } from './adapters/spool/open-spool.ts'
import { openStore } from './adapters/sql/open-store.ts'
import type { Store } from './adapters/sql/open-store.ts'
import { chance, newCallId, timers } from './adapters/system/chance.ts'
import { clock } from './adapters/system/clock.ts'
import { holdFile } from './adapters/system/hold-file.ts'
import type { Settings } from './config/settings.ts'
import type { KeyDigest } from './domain/ids.ts'
import type { ModelCatalogue } from './domain/model-catalogue.ts'
import { keyRoutes } from './http/admin/keys.routes.ts'
import { spendRoutes } from './http/admin/spend.routes.ts'
import { consoleRoutes } from './http/console/console.routes.ts'
import { modelCallRoutes } from './http/llm/model-call.routes.ts'
import { modelRoutes } from './http/llm/models.routes.ts'
import { responseRoutes } from './http/llm/responses.routes.ts'
import { healthRoutes } from './http/ops/health.routes.ts'
import { metricsRoutes } from './http/ops/metrics.routes.ts'
import type { EdgePorts } from './http/route.ts'
import { buildServer } from './http/server.ts'
import { ClientAddresses } from './http/wire/client-address.ts'
import { BodyBudget } from './http/wire/read-body.ts'
import type { JourneyPorts } from './journey/journey.ts'
import { DeploymentHealth } from './journey/6-route/deployment-health.ts'
import type { ServePorts } from './journey/serve.ts'
import { join } from 'node:path'
import type { ManagePorts } from './manage/ports.ts'
import type { CallObserver } from './ports/call-observer.ts'
import type { ChargeKeeper } from './ports/ledger.ts'
import type { LevelOfWork } from './level-of-work.ts'

export interface Gateway {
  readonly app: FastifyInstance
  readonly store: Store
  /** After the last request: everything owed is written down, everything held is let go. */
  close(): Promise<void>
}

const MAX_BODIES_BYTES = 512 * 1024 * 1024
const MANAGEMENT_BYTES = 1024 * 1024
const MAX_STREAM_MS = 60 * 60_000
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
  const facts = await loadModelFacts()
  const spool = openSpool({ dir: join(settings.dataDir, 'spool'), store: store.ledger, holdFile, log })
  const reader = store.readLedger(() => spool.flushNow())
  const cache = new KeyCache({ keys: store.keys, changes: store.changes, clock })
  const keys = cachedVirtualKeys(store.keys, cache)
  const metrics = new CallMetrics(() => spool.pendingCount)
  const observer = both(level.logs ? callLog(log.logger) : undefined, metrics)
  const ledger: ChargeKeeper = level.books ? spool : { keep: async () => {} }
  const upstream = new PooledUpstream()
  const signer = createIdSigner(Buffer.from(store.installation.signingSecret.reveal(), 'hex'))
  const catalogue = (): ModelCatalogue => parts.catalogue

  const journey: JourneyPorts = {
    clock,
    credentials: { digests, keys: cache, masterKey: parts.masterKey },
    catalogue,
    signer,
    settings: journeySettings(settings),
  }
  const serving: ServePorts = {
    ledger,
    prices: facts,
    spend: new CachedRunningSpend(reader),
    chance,
    observer,
    clock,
    timers,
    upstream,
    signer,
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
  }

  const manage: ManagePorts = {
    keys,
    ledger: reader,
    digests,
    chance,
    clock,
    masterKey: parts.masterKey,
    rules: settings,
  }

  const app = buildServer({
    newCallId,
    corsOrigins: settings.corsOrigins,
    onFault: (error, about) => log.logger.error({ call_id: about.callId, route: about.route, err: error }, 'fault'),
    onProblem: (problem, about) =>
      log.logger.info({ call_id: about.callId, route: about.route, problem: problem.code }, 'refused'),
  })
  modelCallRoutes(app, edge, serving)
  responseRoutes(app, edge, serving)
  modelRoutes(app, edge, facts)
  keyRoutes(app, edge, manage)
  spendRoutes(app, edge, manage)
  healthRoutes(app, {
    pingStore: () => store.ping(),
    logLevel: settings.logLevel,
    strict: settings.compat.readinessStrict,
    isDraining: parts.isDraining,
    now: () => clock.now(),
  })
  metricsRoutes(app, edge, metrics, settings.compat.metricsAuth)
  await consoleRoutes(app)

  return {
    app,
    store,
    async close() {
      await spool.close()
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

function both(first: CallObserver | undefined, second: CallObserver): CallObserver {
  if (first === undefined) return second
  return {
    finished(entry, askedModel) {
      first.finished(entry, askedModel)
      second.finished(entry, askedModel)
    },
    refused(denied, about) {
      first.refused(denied, about)
      second.refused(denied, about)
    },
    attempted(deployment, group, failure) {
      first.attempted(deployment, group, failure)
      second.attempted(deployment, group, failure)
    },
    rested(deployment, group) {
      first.rested(deployment, group)
      second.rested(deployment, group)
    },
  }
}
