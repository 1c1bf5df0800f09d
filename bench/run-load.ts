import { connect } from 'node:net'
import type { LoadPlan, LoadResult, Percentiles } from './load-protocol.ts'
import { writeRequest } from './load-protocol.ts'
import { ResponseReader } from './response-reader.ts'

interface Tally {
  started: number
  done: number
  failures: number
  readonly statuses: Record<string, number>
  readonly latencies: Float64Array
  readonly firstBytes: Float64Array
}

const SILENCE_MS = 30_000

type Pace = (go: () => void) => void

/** Every connection sends its next request when it has the whole answer to the one before, or when its turn has come. */
export async function runLoad({ target, connections, requests, perSecond }: LoadPlan): Promise<LoadResult> {
  const one = writeRequest(target)
  const requestAt = target.bearers === undefined ? () => one : (n: number) => writeRequest(target, n)
  const tally: Tally = {
    started: 0,
    done: 0,
    failures: 0,
    statuses: {},
    latencies: new Float64Array(requests),
    firstBytes: new Float64Array(requests),
  }
  const from = performance.now()
  const pace = perSecond === undefined ? atOnce : evenly(perSecond)
  const run = (): Promise<void> => runConnection(target.port, requestAt, requests, tally, pace)
  await Promise.all(Array.from({ length: connections }, run))
  return {
    statuses: tally.statuses,
    failures: tally.failures,
    elapsedMs: performance.now() - from,
    latencyUs: percentilesOf(tally.latencies.subarray(0, tally.done)),
    firstByteUs: percentilesOf(tally.firstBytes.subarray(0, tally.done)),
  }
}

const atOnce: Pace = (go) => go()

/** A turn that is missed, because no connection was free, is not made up for: a burst would be another load. */
function evenly(perSecond: number): Pace {
  const apartMs = 1000 / perSecond
  let lastTurn = 0
  return (go) => {
    const now = performance.now()
    lastTurn = Math.max(lastTurn + apartMs, now)
    setTimeout(go, lastTurn - now)
  }
}

async function runConnection(
  port: number,
  requestAt: (n: number) => Buffer,
  requests: number,
  tally: Tally,
  pace: Pace,
): Promise<void> {
  await new Promise<void>((resolve) => {
    let sentAt = 0
    let firstByteAt = 0
    let isWaiting = false
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const sendNext = (): void => {
      if (tally.started >= requests) {
        socket.destroy()
        return
      }
      const bytes = requestAt(tally.started)
      tally.started += 1
      isWaiting = true
      sentAt = performance.now()
      socket.write(bytes)
    }
    const reader = new ResponseReader({
      onFirstByte: () => {
        firstByteAt = performance.now()
      },
      onEnd: (status) => {
        isWaiting = false
        tally.latencies[tally.done] = (performance.now() - sentAt) * 1000
        tally.firstBytes[tally.done] = (firstByteAt - sentAt) * 1000
        tally.done += 1
        tally.statuses[status] = (tally.statuses[status] ?? 0) + 1
        pace(sendNext)
      },
    })
    socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error('silent for too long')))
    socket.on('connect', () => pace(sendNext))
    socket.on('data', (data: Buffer) => {
      try {
        reader.push(data)
      } catch {
        socket.destroy()
      }
    })
    socket.on('error', () => undefined)
    // A connection that breaks while it waits has lost its request; it isn't reopened, so that the loop stays bounded.
    socket.on('close', () => {
      if (isWaiting || sentAt === 0) tally.failures += 1
      resolve()
    })
  })
}

export function percentilesOf(values: Float64Array): Percentiles {
  const sorted = values.toSorted()
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}
