import { appendFileSync, mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { writeLedgerLine } from '../../domain/ledger-line.ts'
import type { FileLock, HoldFile } from '../../ports/file-lock.ts'
import type { ChargeKeeper, LedgerStore, LedgerWriter } from '../../ports/ledger.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'
import { Flusher } from './flusher.ts'
import { frameLine } from './frame.ts'
import { Gathering } from './gathering.ts'
import { adoptLeftovers, holdDirectory, removeDirectory } from './leftovers.ts'
import { type WriteAt, writeAt } from './segment.ts'
import { SegmentQueue } from './segment-queue.ts'

export interface SpoolOptions {
  /** Shared by all processes of this machine that use the same store. */
  readonly dir: string
  readonly store: LedgerStore
  readonly holdFile: HoldFile
  readonly log: OperatorLog
  /** How long a line waits in its file for others to go to the store with. */
  readonly flushAfterMs?: number
  /** A full disk, in tests. */
  readonly write?: WriteAt
}

export interface Spool extends LedgerWriter, ChargeKeeper {
  /** Lines of this process that are not in the store yet. */
  readonly pendingCount: number
  /** Resolves once everything appended before, here or by earlier processes, is in the store; rejects when the store fails. */
  flushNow(): Promise<void>
  /** Flushes if the store answers; otherwise the lines wait for the next start. */
  close(): Promise<void>
}

const FLUSH_AFTER_MS = 75
const WAKE_NOW_AT = 1_000
const OWN_DIRECTORY_ATTEMPTS = 5

/**
 * The ledger's local side: an entry is in a file before `append` returns, and in the store a moment later. The page cache
 * outlives the process, so no sync stands in the request's way.
 */
export function openSpool(options: SpoolOptions): Spool {
  const { dir, store, holdFile, log, flushAfterMs = FLUSH_AFTER_MS, write: writeTo = writeAt } = options
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const { directory, lock } = makeOwnDirectory(dir, holdFile)
  const queue = new SegmentQueue(directory, writeTo, log)
  const adopted = adoptLeftovers(dir, queue, holdFile, log)
  const flusher = new Flusher({
    queue,
    store,
    log,
    flushAfterMs,
    setAside: (line) => appendFileSync(join(dir, 'refused.jsonl'), `${line}\n`, { mode: 0o600 }),
  })
  let appended = 0
  let closed: Promise<void> | undefined
  if (!queue.isEmpty) flusher.wake()

  async function flushNow(): Promise<void> {
    gathering.writeNow()
    const target = appended
    while (!queue.isEmpty && (queue.hasLeftovers || flusher.carriedOwn < target)) await flusher.carry()
  }

  async function close(): Promise<void> {
    await flushNow().catch(() => {
      log.warn('ledger lines stay in the spool until the next start', { lines: appended - flusher.carriedOwn })
    })
    await flusher.close()
    queue.close()
    removeDirectory(directory, lock)
    for (const other of adopted) other.release()
  }

  function write(frames: Uint8Array, count: number): void {
    if (closed !== undefined) throw new Error('the ledger spool is closed')
    queue.append(frames)
    appended += count
    if (appended - flusher.carriedOwn >= WAKE_NOW_AT) flusher.wakeNow()
    else flusher.wake()
  }
  const gathering = new Gathering(write)

  return {
    append: (entry) => write(frameLine(writeLedgerLine(entry)), 1),
    keep: (entry) => gathering.add(writeLedgerLine(entry)),
    get pendingCount() {
      return appended - flusher.carriedOwn
    },
    flushNow,
    close() {
      gathering.writeNow()
      return (closed ??= close())
    },
  }
}

function makeOwnDirectory(dir: string, holdFile: HoldFile): { readonly directory: string; readonly lock: FileLock } {
  for (let attempt = 0; attempt < OWN_DIRECTORY_ATTEMPTS; attempt += 1) {
    const directory = mkdtempSync(join(dir, 'process-'))
    const lock = holdDirectory(directory, holdFile)
    // Another process that starts now may have taken the new directory for a leftover, before it was held.
    if (lock !== undefined) return { directory, lock }
  }
  throw new Error(`no directory of its own could be made in ${dir}`)
}
