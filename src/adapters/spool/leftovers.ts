import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { FileLock, HoldFile } from '../../ports/file-lock.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'
import type { SegmentQueue } from './segment-queue.ts'

const LOCK = 'lock'

/** Takes over what processes left that are no longer running: a lock that can be had has no owner. */
export function adoptLeftovers(
  spoolDir: string,
  queue: SegmentQueue,
  holdFile: HoldFile,
  log: OperatorLog,
): FileLock[] {
  const held: FileLock[] = []
  for (const entry of readdirSync(spoolDir, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const directory = join(spoolDir, entry.name)
    const taken = takeOver(directory, holdFile)
    if (taken === undefined) continue
    const { lock, names } = taken
    const segments = names.filter((name) => name.endsWith('.log')).toSorted()
    if (segments.length === 0) {
      removeDirectory(directory, lock)
      continue
    }
    log.info('ledger lines of an earlier process are carried to the store', { files: segments.length })
    held.push(lock)
    let open = segments.length
    for (const name of segments) {
      queue.adopt(join(directory, name), () => {
        open -= 1
        if (open === 0) removeDirectory(directory, lock)
      })
    }
  }
  return held
}

/** A directory of this process's own, held so that no other process takes it for a leftover. */
export function holdDirectory(directory: string, holdFile: HoldFile): FileLock | undefined {
  return tryHold(join(directory, LOCK), holdFile)
}

/** Under its lock, so that nobody takes over what is being removed. What people should look at stays. */
export function removeDirectory(directory: string, lock: FileLock): void {
  const isKept = readdirSync(directory).some((name) => name.endsWith('.damaged') || name.endsWith('.log'))
  if (!isKept) rmSync(directory, { recursive: true, force: true })
  lock.release()
}

/** `undefined` when its owner runs, or when another finder was faster and it is gone. */
function takeOver(
  directory: string,
  holdFile: HoldFile,
): { readonly lock: FileLock; readonly names: readonly string[] } | undefined {
  const lock = tryHold(join(directory, LOCK), holdFile)
  if (lock === undefined) return undefined
  try {
    return { lock, names: readdirSync(directory) }
  } catch {
    lock.release()
    return undefined
  }
}

function tryHold(path: string, holdFile: HoldFile): FileLock | undefined {
  try {
    return holdFile(path)
  } catch {
    return undefined
  }
}
