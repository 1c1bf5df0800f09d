import type { FastifyInstance } from 'fastify'
import { CachedRunningSpend } from './adapters/cache/running-spend.ts'
import { askingDirectory } from './adapters/cache/asking-directory.ts'
import { digests } from './adapters/crypto/digests.ts'
import { passwords } from './adapters/crypto/passwords.ts'
import type { Store } from './adapters/sql/open-store.ts'
import { chance, newCallId, timers } from './adapters/system/chance.ts'
import { clock } from './adapters/system/clock.ts'
import { nextTurn } from './adapters/system/next-turn.ts'
import { makeTogether } from './adapters/system/together.ts'
import { LineAcceptor } from './adapters/websocket/line-acceptor.ts'
import { WsDialler } from './adapters/websocket/ws-dialler.ts'
import type { EdgePorts } from './http/route.ts'
import { buildServer } from './http/server.ts'
import type { FaultPorts } from './http/wire/answer-fault.ts'
import { ClientAddresses } from './http/wire/client-address.ts'
import { Doors } from './http/wire/doors.ts'
import { Upgrades } from './http/wire/upgrades.ts'
import { BodyBudget } from './http/wire/body-budget.ts'
import { RefusedCallKeeper } from './jobs/keep-refused-calls.ts'
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
import { journeySettings, meterSettings } from './wiring/journey-settings.ts'
import { openParts } from './wiring/open-parts.ts'
import type { Given, Parts } from './wiring/open-parts.ts'
import { registerRoutes } from './wiring/register-routes.ts'

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

export interface GatewayParts extends Given {
  readonly isDraining: () => boolean
  /** It listens nowhere: whoever made it asks it, and what is served to others is no matter. */
  readonly asksItself?: boolean
}

/** Puts what was opened behind ports, and routes in front of them. Here and in `open-parts.ts` alone adapters meet ports. */
export async function compose({ isDraining, asksItself = false, ...given }: GatewayParts): Promise<Gateway> {
  const parts = await openParts(given)
  const { settings, store, log, ledger, metrics, facts } = parts
  const journey = journeyOf(parts)
  const serving = servingOf(parts, journey)
  const doors = new Doors()
  const upgrades = new Upgrades()
  const faults = faultsOf(parts)
  const app = buildServer({ newCallId, corsOrigins: settings.corsOrigins, doors, upgrades, ...faults })
  await registerRoutes(app, {
    edge: edgeOf(parts, journey),
    serving,
    passing: { ...serving, keyHeader: journey.settings.keyHeader },
    manage: manageOf(parts),
    doors,
    together: makeTogether(),
    refusedCalls: new RefusedCallKeeper({ ledger, clock, log }),
    realtime: { upgrades, acceptor: new LineAcceptor(), dialler: new WsDialler(parts.lookupFor) },
    faults,
    metrics,
    facts,
    settings,
    store,
    isDraining,
    asksItself,
  })
  return { app, store, close: () => parts.close() }
}

function journeyOf(parts: Parts): JourneyPorts {
  const { settings, store, directory, catalogue, facts, budgets, tokens, load, signer } = parts
  return {
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
}

function servingOf(parts: Parts, journey: JourneyPorts): ServePorts {
  const { settings, ledger, facts, reader, observer, upstream, signer, catalogue } = parts
  return {
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
}

function edgeOf(parts: Parts, journey: JourneyPorts): EdgePorts {
  const { settings, observer, refusals } = parts
  return {
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
}

function manageOf(parts: Parts): ManagePorts {
  const { settings, registry, reader, budgets, catalogue, seal, modelReader, tokens, log } = parts
  return {
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
      modelGroups: parts.modelGroups(),
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
}

function faultsOf({ settings, log }: Parts): FaultPorts {
  return {
    exposeRejectReason: settings.exposeRejectReason,
    onFault: (error, about) => log.logger.error({ call_id: about.callId, route: about.route, err: error }, 'fault'),
    onProblem: (problem, about) =>
      log.logger.info({ call_id: about.callId, route: about.route, problem: problem.code }, 'refused'),
  }
}
