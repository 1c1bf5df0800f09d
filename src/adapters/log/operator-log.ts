import pino from 'pino'
import type { Logger } from 'pino'
import type { Clock } from '../../ports/clock.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'
import { LineWriter } from './line-writer.ts'

const INFO = pino.levels.values['info']
const FLUSH_MS = 500
const MOST_GATHERED = 12_288

export interface Log extends OperatorLog {
  readonly logger: Logger
  /** Lines that nobody took. */
  readonly dropped: number
  /** A line at level info whose facts are JSON members already: for what is written once per call. */
  writeReady(members: string): void
  /** Before the process ends: what is buffered goes out, if somebody takes it. */
  flush(): void
}

/** On standard error, to the last line however the process ends: when it crashes, that is the one that is wanted. */
export function openProcessLog(level: string, clock: Clock): Log {
  const log = openLog(level, clock, process.stderr.fd)
  process.once('exit', () => log.flush())
  return log
}

/** Structured lines, gathered and then written in pieces of some kilobytes, so that a line costs little. */
export function openLog(level: string, clock: Clock, descriptor: number): Log {
  const writer = new LineWriter(descriptor)
  let gathered = ''
  const timestamp = isoTime(clock)
  const logger = pino({ level, base: null, timestamp, serializers: { err: describeFault } }, { write: gather })
  const writesInfo = logger.isLevelEnabled('info')
  const beat = setInterval(pass, FLUSH_MS)
  beat.unref()

  function gather(line: string): void {
    gathered += line
    if (gathered.length >= MOST_GATHERED) pass()
  }

  function handOver(): void {
    if (gathered !== '') writer.add(gathered)
    gathered = ''
  }

  function pass(): void {
    handOver()
    writer.pass()
  }

  return {
    logger,
    get dropped() {
      return writer.dropped
    },
    writeReady(members) {
      if (writesInfo) gather(`{"level":${INFO}${timestamp()},${members}}\n`)
    },
    info: (message, facts = {}) => logger.info(facts, message),
    warn: (message, facts = {}) => logger.warn(facts, message),
    error: (message, facts = {}) => logger.error(facts, message),
    flush() {
      handOver()
      writer.flush()
    },
  }
}

/** The date and time of a second are written once for all lines of it. */
function isoTime(clock: Clock): () => string {
  let second = 0
  let written = ''
  return () => {
    const now = clock.now()
    if (now < second || now >= second + 1000) {
      written = new Date(now).toISOString().slice(0, 19)
      second = now - (now % 1000)
    }
    return `,"time":"${written}.${String(now - second).padStart(3, '0')}Z"`
  }
}

/** Name, place and cause of a fault. Its message may quote what it failed on, so it stays out, but for our own classes. */
export function describeFault(error: unknown): object {
  if (!(error instanceof Error)) return { name: 'unknown' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    at: error.stack
      ?.split('\n')
      .slice(1, 8)
      .map((line) => line.trim())
      .filter((line) => line.startsWith('at ')),
    ...(error.cause === undefined ? {} : { cause: describeFault(error.cause) }),
  }
}
