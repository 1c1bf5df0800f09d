import { connect } from 'node:net'
import type { LoadResult, Percentiles, Target } from './load-protocol.ts'
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

/** Closed loop: every connection sends its next request when it has the whole answer to the one before. */
export async function runLoad(target: Target, connections: number, requests: number): Promise<LoadResult> {
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
  await Promise.all(Array.from({ length: connections }, () => runConnection(target.port, requestAt, requests, tally)))
  return {
    statuses: tally.statuses,
    failures: tally.failures,
    elapsedMs: performance.now() - from,
    latencyUs: percentilesOf(tally.latencies.subarray(0, tally.done)),
    firstByteUs: percentilesOf(tally.firstBytes.subarray(0, tally.done)),
  }
}

async function runConnection(
  port: number,
  requestAt: (n: number) => Buffer,
  requests: number,
  tally: Tally,
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
        sendNext()
      },
    })
    socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error('silent for too long')))
    socket.on('connect', sendNext)
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
