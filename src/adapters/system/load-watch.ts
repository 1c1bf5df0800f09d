import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Load } from '../../ports/load.ts'

const WINDOW_MS = 5_000
/** Each look wakes an idle process up; what is looked for is four times as long. */
const LOOK_EVERY_MS = 50
const TOO_LATE_MS = 200
const NS_PER_MS = 1e6
/** Less work than this is not what makes the loop late: the machine is busy with something else, and shedding won't help. */
const BUSY_SHARE = 0.8

export interface LoadWatch extends Load {
  stop(): void
}

/** Watches how late the event loop is. What it says is of the last whole window. */
export function watchLoad({ windowMs = WINDOW_MS, tooLateMs = TOO_LATE_MS } = {}): LoadWatch {
  const delays = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS })
  delays.enable()
  let isHigh = false
  let before = performance.eventLoopUtilization()
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const lateMs = delays.percentile(99) / NS_PER_MS - LOOK_EVERY_MS
    isHigh = lateMs > tooLateMs && performance.eventLoopUtilization(now, before).utilization > BUSY_SHARE
    before = now
    delays.reset()
  }, windowMs).unref()
  return {
    isHigh: () => isHigh,
    stop() {
      clearInterval(timer)
      delays.disable()
    },
  }
}
