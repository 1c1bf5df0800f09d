import { DatabaseSync } from 'node:sqlite'
import type { FileLock } from '../../ports/file-lock.ts'

const SQLITE_BUSY = 5

/**
 * Node has no file locks of its own, but SQLite takes the operating system's: they end with the process, whatever ended
 * it, and unlike a process id in a file they hold between containers that share a directory.
 */
export function holdFile(path: string): FileLock | undefined {
  const file = new DatabaseSync(path, { timeout: 0 })
  try {
    file.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    file.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined
    throw error
  }
  return {
    release: () => {
      if (file.isOpen) file.close()
    },
  }
}
