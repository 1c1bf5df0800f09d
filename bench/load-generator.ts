/** The load generator as a process of its own, so that its work is not counted as anybody else's. Obeys over IPC. */
import type { LoadOrder, LoadResult } from './load-protocol.ts'
import type { OpenStreams } from './open-streams.ts'
import { openStreams } from './open-streams.ts'
import { runLoad } from './run-load.ts'

const NOTHING: LoadResult = {
  statuses: {},
  failures: 0,
  elapsedMs: 0,
  latencyUs: { p50: 0, p99: 0 },
  firstByteUs: { p50: 0, p99: 0 },
}

let open: OpenStreams | undefined

async function obey(order: LoadOrder): Promise<LoadResult> {
  switch (order.order) {
    case 'load':
      return runLoad(order)
    case 'open':
      open = await openStreams(order.target, order.streams)
      return open.result
    case 'close':
      open?.close()
      open = undefined
      return NOTHING
  }
}

process.on('message', (order: LoadOrder) => {
  void obey(order).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit())
