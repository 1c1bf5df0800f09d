/** Watches its own load and does nothing else: says after each window how late its loop was, in ms, and what that is called. */
import { writeSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { watchLoad } from '../../../src/adapters/system/load-watch.ts'

const WINDOW_MS = 500
const STDOUT = 1
const delays = monitorEventLoopDelay({ resolution: 10 })
delays.enable()
const load = watchLoad({ windowMs: WINDOW_MS })
setInterval(() => {
  writeSync(STDOUT, `${Math.round(delays.percentile(99) / 1e6)} ${load.isHigh() ? 'high' : 'low'}\n`)
  delays.reset()
}, WINDOW_MS)
