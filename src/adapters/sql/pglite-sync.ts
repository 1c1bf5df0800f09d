import { fsyncSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'

/**
 * PGlite starts with fsync off, and its file system over Node's answers every sync call without syncing. Both are put
 * right here, so that a commit survives the loss of power and not only the end of the process. Of the sync methods only
 * `fsync` reaches the file system.
 */
export const SYNCED_START_PARAMS: readonly string[] = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
  '-c',
  'wal_sync_method=fsync',
]

const DATA_DIR_INSIDE = '/pglite/data'

interface NodeFileOps {
  fsync?: (stream: { readonly nfd: number }) => number
}

export function syncWrites(pglite: PGlite): void {
  const ops = nodeFileOps(pglite.Module.FS)
  if (ops === undefined)
    throw new Error('this version of the embedded database hides its file system: writes cannot be synced')
  ops.fsync = (stream) => {
    fsyncSync(stream.nfd)
    return 0
  }
}

/** The operations are one object, shared by every file of the mounted directory. */
function nodeFileOps(fileSystem: unknown): NodeFileOps | undefined {
  if (!isObject(fileSystem) || typeof fileSystem['lookupPath'] !== 'function') return undefined
  const found: unknown = fileSystem['lookupPath'](DATA_DIR_INSIDE)
  const node = isObject(found) ? found['node'] : undefined
  const ops = isObject(node) ? node['stream_ops'] : undefined
  return isObject(ops) && 'read' in ops && 'write' in ops ? ops : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
