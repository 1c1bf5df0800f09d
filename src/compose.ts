import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { CachedRunningSpend } from './adapters/cache/running-spend.ts'
import { askingDirectory } from './adapters/cache/asking-directory.ts'
import { CachedDirectory } from './adapters/cache/cached-directory.ts'
import { openCheckpointFile } from './adapters/checkpoints/checkpoint-file.ts'
import { digests } from './adapters/crypto/digests.ts'
import { openSealing } from './adapters/crypto/sealing-keys.ts'
import { createIdSigner } from './adapters/crypto/id-signer.ts'
import { passwords } from './adapters/crypto/passwords.ts'
import { callLog } from './adapters/log/call-log.ts'
import type { Log } from './adapters/log/operator-log.ts'
import { CallMetrics } from './adapters/metrics/call-metrics.ts'
import { chooseLookup } from './adapters/outbound-http/choose-lookup.ts'
import { EgressGuard } from './adapters/outbound-http/egress-guard.ts'
import { PooledUpstream } from './adapters/outbound-http/pooled-upstream.ts'
import { loadModelFacts } from './adapters/prices/model-facts.ts'
import { openSpool } from './adapters/spool/open-spool.ts'
import { settledFirst } from './adapters/spool/settled-first.ts'
import type { Store } from './adapters/sql/open-store.ts'
import { chance, newCallId, timers } from './adapters/system/chance.ts'
import { catchTheRest } from './adapters/system/catch-the-rest.ts'
import { clock } from './adapters/system/clock.ts'
import { watchLoad } from './adapters/system/load-watch.ts'
import { nextTurn } from './adapters/system/next-turn.ts'
import { makeTogether } from './adapters/system/together.ts'
import { holdFile } from './adapters/system/hold-file.ts'
import { LineAcceptor } from './adapters/websocket/line-acceptor.ts'
import { WsDialler } from './adapters/websocket/ws-dialler.ts'
import type { Settings } from './config/settings.ts'
import type { KeyDigest } from './domain/ids.ts'
import type { ModelCatalogue } from './domain/model-catalogue.ts'
import type { PassThrough } from './domain/pass-through.ts'
import type { EdgePorts } from './http/route.ts'
import { buildServer } from './http/server.ts'
import type { FaultPorts } from './http/wire/answer-fault.ts'
import { ClientAddresses } from './http/wire/client-address.ts'
import { Doors } from './http/wire/doors.ts'
import { Upgrades } from './http/wire/upgrades.ts'
import { BodyBudget } from './http/wire/body-budget.ts'
import { AuditCheckpoints } from './jobs/checkpoint-audit.ts'
import { RefusedCallKeeper } from './jobs/keep-refused-calls.ts'
import { RefusalTally } from './jobs/tell-refusals.ts'
import { SoftBudgetWatch } from './jobs/watch-soft-budgets.ts'
import { StoreTending } from './jobs/tend-store.ts'
import { askAgain } from './journey/ask-again.ts'
import type { JourneyPorts } from './journey/journey-ports.ts'
import { SecondLooks } from './journey/second-looks.ts'
import { StandingWatch } from './journey/serving/standing-watch.ts'
import { GuessLimits } from './journey/2-authenticate/guess-limits.ts'
import { DeploymentHealth } from './journey/6-route/deployment-health.ts'
import { BUILT_IN_PATHS } from './journey/7-provider/pass-through/built-in.ts'
import { ROUTE_GROUPS } from './journey/4-authorise/route-groups.ts'
import type { ServePorts } from './journey/serve.ts'
import type { ManagePorts } from './manage/ports.ts'
import { createProvisioner } from './manage/identities/provision-token.ts'
import type { ChargeKeeper } from './ports/ledger.ts'
import { both } from './wiring/both-observers.ts'
import { journeySettings, mappingTtlMs, meterSettings } from './wiring/journey-settings.ts'
import type { LevelOfWork } from './wiring/level-of-work.ts'
import { ModelShelf } from './wiring/model-shelf.ts'
import { CatalogueReader } from './wiring/read-catalogue.ts'
import { openTokens } from './wiring/open-tokens.ts'
import { registerRoutes } from './wiring/register-routes.ts'
import { createModelReader } from './wiring/read-stored-model.ts'

export interface Gateway {
  readonly app: FastifyInstance
  readonly store: Store
  /** After the last request: everything owed is written down, everything held is let go. */
  close(): Promise<void>
}

const MAX_BODIES_BYTES = 512 * 1024 * 1024
const MANAGEMENT_BYTES = 1024 * 1024
/** N-37, where the operator's timeouts are not longer. */
const LONGEST_STREAM_MS = 60 * 60_000
/** Each batch is a commit that waits for the disk: few large ones cost the embedded database much less. */
const EMBEDDED_FLUSH_MS = 500

export interface Parts {
  readonly settings: Settings
  readonly catalogue: ModelCatalogue
  readonly passThroughs: readonly PassThrough[]
  readonly store: Store
  readonly masterKey: KeyDigest
  readonly log: Log
  readonly isDraining: () => boolean
  readonly level: LevelOfWork
  /** It listens nowhere: whoever made it asks it, and what is served to others is no matter. */
  readonly asksItself?: boolean
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
  const uncaught = catchTheRest((fault) => log.logger.error({ err: fault }, 'a fault that nobody caught'))
  const metrics = new CallMetrics({
    pendingLines: () => spool.pendingCount,
    softBudgetsCrossed: () => softBudgets.crossed,
    uncaughtFaults: () => uncaught.count,
    droppedLogLines: () => log.dropped,
  })
  const observer = both(level.logs ? callLog(log) : undefined, metrics)
  const ledger: ChargeKeeper = level.books ? spool : { keep: async () => {} }
  const lookupFor = chooseLookup(guard)
  const upstream = new PooledUpstream(lookupFor)
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
  const tending = store.upkeep === undefined ? undefined : new StoreTending({ upkeep: store.upkeep, timers, log })

  const tokens = await openTokens(
    settings,
    log,
    createProvisioner({ registry, clock, newId: newCallId, userDefaults: settings.userDefaults, digests, chance }),
    metrics,
  )
  const budgets = settledFirst(
    store.openBudgets(() => spool.flushNow()),
    spool,
  )
  const softBudgets = new SoftBudgetWatch({ softBudgets: store.softBudgets, budgets, clock, timers, log })
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
    afresh: { directory: askingDirectory(store.directory), looks: new SecondLooks(clock) },
    catalogue,
    signer,
    nextTurn,
    installation: store.installation.id,
    meter: {
      directory,
      catalogue,
      budgets,
      rates: store.openRates({ windowMs: settings.rates.windowMs, clock }),
      clock,
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
    together: makeTogether(),
    signer,
    standing: new StandingWatch((admission) => askAgain(admission, journey), clock, timers),
    catalogue,
    health: new DeploymentHealth(settings.router),
    policy: settings.router,
    mockUsage: settings.mockUsage,
    showsApiBase: settings.compat.exposeApiBase,
    maxAnswerBytes: settings.limits.maxResponseBytes,
    maxStreamMs:
      settings.router.maxStreamingDurationMs ??
      Math.max(LONGEST_STREAM_MS, settings.router.timeoutMs, settings.router.streamTimeoutMs),
  }
  const edge: EdgePorts = {
    journey,
    observer,
    bodies: new BodyBudget(MAX_BODIES_BYTES),
    addresses: new ClientAddresses(settings.trustedProxies),
    limits: { inferenceBytes: settings.limits.maxRequestBytes, managementBytes: MANAGEMENT_BYTES },
    exposeRejectReason: settings.exposeRejectReason,
    refusals,
    passThroughs: parts.passThroughs,
    described: [],
  }

  const manage: ManagePorts = {
    registry,
    ledger: reader,
    budgets,
    operator: settings.budgets,
    digests,
    chance,
    clock,
    passwords,
    masterKey: parts.masterKey,
    rules: settings,
    catalogue,
    grants: () => ({
      modelGroups: shelf.catalogue.accessGroups(),
      routeGroups: ROUTE_GROUPS,
      passThroughPaths: [...BUILT_IN_PATHS, ...parts.passThroughs.map(({ path }) => path)],
    }),
    newId: newCallId,
    availableTeams: new Set(),
    seal,
    storesModels: settings.storeModels,
    modelReader,
    tokens: tokens?.texts,
    log,
  }

  const doors = new Doors()
  const upgrades = new Upgrades()
  const faults: FaultPorts = {
    exposeRejectReason: settings.exposeRejectReason,
    onFault: (error, about) => log.logger.error({ call_id: about.callId, route: about.route, err: error }, 'fault'),
    onProblem: (problem, about) =>
      log.logger.info({ call_id: about.callId, route: about.route, problem: problem.code }, 'refused'),
  }
  const app = buildServer({ newCallId, corsOrigins: settings.corsOrigins, doors, upgrades, ...faults })
  await registerRoutes(app, {
    edge,
    serving,
    passing: { ...serving, keyHeader: journey.settings.keyHeader },
    manage,
    doors,
    together: makeTogether(),
    refusedCalls: new RefusedCallKeeper({ ledger, clock, log }),
    realtime: { upgrades, acceptor: new LineAcceptor(), dialler: new WsDialler(lookupFor) },
    faults,
    metrics,
    facts,
    settings,
    store,
    isDraining: parts.isDraining,
    asksItself: parts.asksItself ?? false,
  })

  return {
    app,
    store,
    async close() {
      shelf.close()
      load.stop()
      uncaught.stop()
      await tending?.close()
      await softBudgets.close()
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
