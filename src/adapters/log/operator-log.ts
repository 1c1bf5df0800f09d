import pino from 'pino'
import type { Logger } from 'pino'
import type { Clock } from '../../ports/clock.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'

const INFO = pino.levels.values['info']
const FLUSH_MS = 500
const BUFFER_BYTES = 12_288

export interface Log extends OperatorLog {
  readonly logger: Logger
  /** A line at level info whose facts are JSON members already: for what is written once per call. */
  writeReady(members: string): void
  /** Before the process ends: what is buffered goes out. */
  flush(): void
}

/** Structured lines on standard error, written in pieces of some kilobytes, so that a line costs little. */
export function openLog(level: string, clock: Clock, descriptor = 2): Log {
  const destination = pino.destination({ dest: descriptor, sync: false, minLength: BUFFER_BYTES })
  const timestamp = isoTime(clock)
  const logger = pino({ level, base: null, timestamp, serializers: { err: describeFault } }, destination)
  const writesInfo = logger.isLevelEnabled('info')
  const beat = setInterval(() => destination.flush(), FLUSH_MS)
  beat.unref()
  return {
    logger,
    writeReady(members) {
      if (writesInfo) destination.write(`{"level":${INFO}${timestamp()},${members}}\n`)
    },
    info: (message, facts = {}) => logger.info(facts, message),
    warn: (message, facts = {}) => logger.warn(facts, message),
    error: (message, facts = {}) => logger.error(facts, message),
    flush() {
      try {
        destination.flushSync()
      } catch {
        // Nobody reads the other end any more; there is nowhere left to say so.
      }
    },
  }
}

/** The date and time of a second are written once for all lines of it. */
function isoTime(clock: Clock): () => string {
  let second = 0
  let written = ''
  return () => {
    const now = clock.now()
    const current = Math.floor(now / 1000)
    if (current !== second) {
      second = current
      written = new Date(current * 1000).toISOString().slice(0, 19)
    }
    return `,"time":"${written}.${String(now % 1000).padStart(3, '0')}Z"`
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
