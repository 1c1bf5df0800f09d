import { readFileSync } from 'node:fs'
import { openProcessLog } from '../adapters/log/operator-log.ts'
import type { Log } from '../adapters/log/operator-log.ts'
import { makeDataDir } from '../adapters/sql/make-data-dir.ts'
import { clock } from '../adapters/system/clock.ts'
import { tuneEngine } from '../adapters/system/tune-engine.ts'
import type { Gateway } from '../compose.ts'
import type { ConfigSource, ProcessEnvironment } from '../config/load.ts'
import { renderFindings, summarise } from '../config/render-findings.ts'
import { COMPATIBLE_VERSION } from '../journey/serving/reply-headers.ts'
import { BENCH_LEVELS, WHOLE_WORK } from '../wiring/level-of-work.ts'
import { readConfiguration } from '../wiring/read-configuration.ts'
import type { Configuration } from '../wiring/read-configuration.ts'
import { awaitStore } from './await-store.ts'
import { chooseMasterKey } from './choose-master-key.ts'
import { parseServeArgs } from './serve-args.ts'
import type { ServeArgs } from './serve-args.ts'
import { describeStartFault } from './start-fault.ts'
import { renderWelcome } from './welcome.ts'

export interface ServeIo {
  readonly env: ProcessEnvironment
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
}

const HELP = `latchkey serve [--config FILE] [--port N] [--host H] [--data-dir D]

  --config FILE     a configuration of the LiteLLM proxy (YAML); CONFIG_FILE_PATH says the same
  --port N          default 4000
  --host H          default 127.0.0.1
  --data-dir D      where the embedded database and the ledger's spool live; default ./.latchkey
  --detailed_debug  log at level debug
  --version         say which one this is

The other flags of the LiteLLM CLI are accepted where they change nothing, and refused with a reason where they would.
`

/** The same from `src` and from `dist`. */
const PACKAGE = new URL('../../package.json', import.meta.url)

function readVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(PACKAGE, 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : ''
}

/** How long running calls may go on after SIGTERM. */
const GRACE_MS = 100_000

/** `latchkey serve`. Returns when the gateway has stopped. */
export async function runServe(argv: readonly string[], io: ServeIo): Promise<number> {
  const parsed = parseServeArgs(argv)
  if (!parsed.ok) {
    io.writeError(`latchkey: ${parsed.flaw}\n`)
    return 2
  }
  const { args } = parsed
  if (args.help) {
    io.write(HELP)
    return 0
  }
  if (args.version) {
    io.write(`latchkey ${readVersion()}, as LiteLLM ${COMPATIBLE_VERSION}\n`)
    return 0
  }
  const { usable, findings } = readConfiguration(sourceOf(args, io))
  if (findings.length > 0) io.writeError(`${renderFindings(findings)}\n`)
  if (usable === undefined) {
    io.writeError(`latchkey: the configuration has errors, so the gateway does not start. ${summarise(findings)}\n`)
    return 1
  }
  const { settings } = usable
  tuneEngine()
  ignoreSignals()

  const log = openProcessLog(settings.logLevel, clock)
  for (const note of args.notes) log.info(note)
  try {
    return await serveUntilStopped(usable, args, log, io)
  } catch (error) {
    io.writeError(`latchkey: ${startFault(error, log)}\n`)
    return 1
  } finally {
    log.flush()
  }
}

function sourceOf(args: ServeArgs, io: ServeIo): ConfigSource {
  return {
    ...(args.config === undefined ? {} : { file: args.config }),
    env: io.env,
    cli: {
      ...(args.host === undefined ? {} : { host: args.host }),
      ...(args.port === undefined ? {} : { port: args.port }),
      ...(args.dataDir === undefined ? {} : { dataDir: args.dataDir }),
      ...(args.numWorkers === undefined ? {} : { numWorkers: args.numWorkers }),
      ...(args.debug ? { logLevel: 'debug' as const } : {}),
    },
  }
}

async function serveUntilStopped(
  { settings, catalogue, passThroughs }: NonNullable<Configuration['usable']>,
  args: ServeArgs,
  log: Log,
  io: ServeIo,
): Promise<number> {
  // The embedded database looks at it under its own rules.
  if (settings.databaseUrl !== undefined) await makeDataDir(settings.dataDir)
  // Not read where the configuration has errors; the larger part of the gateway is read while the store opens.
  const { openGatewayStore } = await import('../wiring/open-gateway-store.ts')
  const open = awaitStore(
    () => openGatewayStore(settings, log),
    (sentence) => io.writeError(`latchkey: ${sentence}\n`),
  )
  const [store, { compose }] = await Promise.all([open, import('../compose.ts')])
  let draining = false
  let gateway: Gateway | undefined
  let stopped: Promise<string>
  try {
    const master = await chooseMasterKey(settings, store.installation)
    gateway = await compose({
      settings,
      catalogue,
      passThroughs,
      store,
      masterKey: master.digest,
      log,
      isDraining: () => draining,
      level: BENCH_LEVELS.get(args.benchLevel ?? '') ?? WHOLE_WORK,
    })
    const address = await gateway.app.listen({ host: settings.listen.host, port: settings.listen.port })
    // Whoever reads that it is ready may stop it in the same moment.
    stopped = stopSignal()
    io.write(
      renderWelcome({
        address,
        masterKey: master.generated,
        catalogue,
        settings,
        storeKind: store.kind,
        startedMsAgo: startedMsAgo(io.env),
      }),
    )
    log.info('listening', { address, store: store.kind, models: catalogue.deployments.length })
  } catch (error) {
    await (gateway?.close() ?? store.close())
    throw error
  }

  const signal = await stopped
  draining = true
  log.info('stopping', { signal })
  const isDrained = await drain(gateway.app.close.bind(gateway.app), gateway.app.server)
  await gateway.close()
  log.info('stopped', { drained: isDrained })
  return 0
}

/** Stops accepting, lets running calls end, and closes what has not ended in time. */
async function drain(
  close: () => Promise<unknown>,
  server: { closeAllConnections(): void; closeIdleConnections(): void },
): Promise<boolean> {
  let isDrained = true
  const end = setTimeout(() => {
    isDrained = false
    server.closeAllConnections()
  }, GRACE_MS)
  const idle = setInterval(() => server.closeIdleConnections(), 200)
  await close()
  clearTimeout(end)
  clearInterval(idle)
  return isDrained
}

/** A terminal that goes away stops nothing, and nobody opens a debugger in what holds the keys of providers. */
function ignoreSignals(): void {
  for (const signal of ['SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {})
}

/** Told to end twice, it ends once: a group is told as a whole, and npm passes on what it is told. Who types ^C again insists. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve('SIGTERM'))
    process.once('SIGINT', () => resolve('SIGINT'))
  })
}

/** `npm start` says how long ago it was called, installation and build included. */
function startedMsAgo(env: ProcessEnvironment): number {
  return Number(env['LATCHKEY_STARTED_MS_AGO'] ?? 0) + performance.now()
}

function startFault(error: unknown, log: Log): string {
  const known = describeStartFault(error)
  if (known === undefined) log.logger.error({ err: error }, 'start failed')
  return known ?? 'the start failed; the log says where.'
}
