import { Kysely } from 'kysely'
import type { FileLock, HoldFile } from '../../ports/file-lock.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'
import type { Database } from './database.ts'
import { beginInstallation, type DataDir, finishInstallation, inspectDataDir, openDataDir } from './data-dir.ts'
import { hasLittleRoom } from './make-data-dir.ts'
import { openPglite, type PgliteClient } from './pglite-client.ts'
import { pgliteDialect } from './pglite-dialect.ts'
import { StoreProblem } from './store-problem.ts'

export interface Embedded {
  readonly client: PgliteClient
  readonly db: Kysely<Database>
  /** The id that the database must carry; `undefined` on a first start, which then ends with `finish`. */
  readonly expectedId: string | undefined
  readonly finish: (installationId: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** The embedded database in `dataDir`, with the directory locked until `close` or the end of the process. */
export async function openEmbedded(dataDir: string, holdFile: HoldFile, log: OperatorLog): Promise<Embedded> {
  const dir = await openDataDir(dataDir)
  const lock = hold(dir, holdFile)
  if (lock === undefined) {
    throw new StoreProblem(
      'in-use',
      `Another process is running on the data directory ${dir.path}. Stop it first, name another directory, or use a PostgreSQL server to run several processes.`,
    )
  }
  try {
    return await openUnderLock(dir, lock, log)
  } catch (error) {
    lock.release()
    throw error
  }
}

function hold({ lockFile }: DataDir, holdFile: HoldFile): FileLock | undefined {
  try {
    return holdFile(lockFile)
  } catch {
    throw new StoreProblem(
      'damaged',
      `${lockFile} cannot be held: it is no lock of ours, or may not be written. When no process runs on the directory, remove it.`,
    )
  }
}

async function openUnderLock(dir: DataDir, lock: FileLock, log: OperatorLog): Promise<Embedded> {
  const state = await inspectDataDir(dir)
  if (state.is !== 'installed') {
    if (state.is === 'half-made')
      log.warn('the first set-up was interrupted before anything was served; it starts over', { directory: dir.path })
    await beginInstallation(dir)
  }
  const client = await openClient(dir, log)
  const db = new Kysely<Database>({ dialect: pgliteDialect(client) })
  return {
    client,
    db: db.withSchema('latchkey'),
    expectedId: state.is === 'installed' ? state.installationId : undefined,
    finish: (installationId) => finishInstallation(dir, installationId),
    close: async () => {
      await client.close().finally(() => lock.release())
    },
  }
}

async function openClient(dir: DataDir, log: OperatorLog): Promise<PgliteClient> {
  try {
    return await openPglite({ dataDir: dir.pgdata })
  } catch (error) {
    log.error('the embedded database does not open', { reason: error instanceof Error ? error.message : 'unknown' })
    if (await hasLittleRoom(dir.path)) {
      throw new StoreProblem(
        'unusable',
        `The database in ${dir.pgdata} does not open, and there is hardly any room left beside it. Make room, and start again.`,
      )
    }
    throw new StoreProblem(
      'damaged',
      `The database in ${dir.pgdata} does not open: its files are damaged, or another version wrote them. Restore it from a backup.`,
    )
  }
}
