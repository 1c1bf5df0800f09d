import { type EpochMs, epochMs } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { FactChanges } from '../../ports/fact-changes.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'

/** One connection that hears `latchkey_changes` and its own beats. A new one is made after every loss. */
export interface ChangeLine {
  /** Makes itself hear this. Whoever hears it has heard all that was committed before. */
  beat(payload: string): Promise<void>
  close(): Promise<void>
}

export interface ChangeEars {
  readonly changed: (payload: string) => void
  readonly heardBeat: (payload: string) => void
  readonly lost: () => void
}

/** Resolves once notifications are in force. */
export type OpenChangeLine = (ears: ChangeEars) => Promise<ChangeLine>

export interface ChangeFeed extends FactChanges {
  close(): Promise<void>
}

/** Well below the one second for which a fact may be trusted after the last proof that the line is good. */
const BEAT_EVERY_MS = 400
const BEAT_TIMEOUT_MS = 2_000
const RETRY_AFTER_MS = 250

export function openChangeFeed(open: OpenChangeLine, clock: Clock, log: OperatorLog): ChangeFeed {
  const subscribers = new Map<string, { readonly one: (id: string) => void; readonly all: () => void }[]>()
  const closing = new AbortController()
  let watch: number | undefined
  let completeUntil: EpochMs = epochMs(0)
  let watches = 0

  function announce(payload: string): void {
    const colon = payload.indexOf(':')
    const id = payload.slice(colon + 1)
    for (const { one, all } of subscribers.get(payload.slice(0, colon)) ?? []) {
      if (id === '*') all()
      else one(id)
    }
  }

  /** Lives until the line is lost, or is closed by us. */
  async function watchOnce(): Promise<void> {
    const lost = Promise.withResolvers<'lost'>()
    let pending: { readonly payload: string; readonly heard: () => void } | undefined
    const line = await open({
      changed: announce,
      heardBeat: (payload) => {
        if (pending?.payload === payload) pending.heard()
      },
      lost: () => lost.resolve('lost'),
    })
    try {
      for (let beats = 1; !closing.signal.aborted; beats += 1) {
        const sentAt = clock.now()
        const heard = Promise.withResolvers<'heard'>()
        pending = { payload: `${beats}`, heard: () => heard.resolve('heard') }
        line.beat(pending.payload).catch(() => lost.resolve('lost'))
        const outcome = await Promise.race([heard.promise, lost.promise, pause(BEAT_TIMEOUT_MS, closing.signal)])
        if (outcome !== 'heard') return
        completeUntil = sentAt
        if (watch === undefined) {
          watches += 1
          watch = watches
        }
        if ((await Promise.race([lost.promise, pause(BEAT_EVERY_MS, closing.signal)])) === 'lost') return
      }
    } finally {
      watch = undefined
      await line.close().catch(() => undefined)
    }
  }

  async function keepWatching(): Promise<void> {
    let isTold = false
    while (!closing.signal.aborted) {
      const before = watches
      await watchOnce().catch(() => undefined)
      if (closing.signal.aborted) return
      if (watches > before) isTold = false
      if (!isTold)
        log.warn(
          'notifications from the database are late or lost; cached facts are re-read every second until they are back',
        )
      isTold = true
      await pause(RETRY_AFTER_MS, closing.signal)
    }
  }

  const watching = keepWatching()
  return {
    get watch() {
      return watch
    },
    get completeUntil() {
      return completeUntil
    },
    subscribe: (kind, one, all) => {
      subscribers.set(kind, [...(subscribers.get(kind) ?? []), { one, all }])
    },
    close: async () => {
      closing.abort()
      await watching
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<'over'> {
  const { promise, resolve } = Promise.withResolvers<'over'>()
  if (signal.aborted) resolve('over')
  const timer = setTimeout(end, ms)
  signal.addEventListener('abort', end, { once: true })
  function end(): void {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    resolve('over')
  }
  return promise
}
