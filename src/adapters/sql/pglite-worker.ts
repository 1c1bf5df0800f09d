/** The worker thread that the embedded database runs in: a query blocks the thread that it runs on. */
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { COLUMN_PARSERS } from './column-types.ts'
import { faultOf } from './database-error.ts'
import type { WorkerReply, WorkerRequest, WorkerRows, WorkerSettings } from './pglite-messages.ts'
import { RANDOM_PAGE_COST } from './page-cost.ts'
import { syncWrites, SYNCED_START_PARAMS } from './pglite-sync.ts'

const NOTHING: WorkerRows = { rows: [], affectedRows: 0 }

async function serve(settings: WorkerSettings): Promise<void> {
  const pglite = new PGlite({
    dataDir: settings.dataDir,
    relaxedDurability: false,
    startParams: [...SYNCED_START_PARAMS, '-c', `random_page_cost=${RANDOM_PAGE_COST}`],
    parsers: COLUMN_PARSERS,
  })
  await pglite.waitReady
  syncWrites(pglite)

  parentPort?.on('message', (request: WorkerRequest) => {
    answer(pglite, request).then(
      (result) => {
        send({ kind: 'done', id: request.id, result })
        if (request.ask === 'close') parentPort?.close()
      },
      (error: unknown) => send({ kind: 'failed', id: request.id, fault: faultOf(error) }),
    )
  })
  send({ kind: 'ready' })
}

async function answer(pglite: PGlite, request: WorkerRequest): Promise<WorkerRows> {
  switch (request.ask) {
    case 'query':
      return runQuery(pglite, request.sql, request.parameters)
    case 'listen': {
      const { channel } = request
      await pglite.listen(channel, (payload) => send({ kind: 'notification', channel, payload }))
      return NOTHING
    }
    case 'close':
      await pglite.close()
      return NOTHING
  }
}

/** Without parameters the text may hold several statements, as with the server's driver; the last one's rows count. */
async function runQuery(pglite: PGlite, sql: string, parameters: readonly unknown[]): Promise<WorkerRows> {
  const result = parameters.length === 0 ? (await pglite.exec(sql)).at(-1) : await pglite.query(sql, [...parameters])
  if (result === undefined) return NOTHING
  const { rows, affectedRows = 0, command } = result
  return command === undefined ? { rows, affectedRows } : { rows, affectedRows, command }
}

function send(reply: WorkerReply): void {
  parentPort?.postMessage(reply)
}

const settings: WorkerSettings = workerData
serve(settings).catch((error: unknown) => send({ kind: 'failed-to-open', fault: faultOf(error) }))
