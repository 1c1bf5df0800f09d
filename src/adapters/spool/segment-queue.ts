import { join } from 'node:path'
import type { OperatorLog } from '../../ports/operator-log.ts'
import { type Frames, readFrames } from './frame.ts'
import { Segment, type WriteAt } from './segment.ts'

/** Enough for a few thousand lines: what a crash makes us read again is bounded by it. */
const SEGMENT_BYTES = 4 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024
/** Emptying a file costs a system call; a small one is left until it has grown. */
const WORTH_CLEARING_BYTES = 64 * 1024
/** Survival of power loss, not of the process: the page cache does that. Bounds what such a loss can take. */
const SYNC_EVERY_MS = 200
const OUT_OF_SPACE = new Set(['ENOSPC', 'EDQUOT'])

interface Queued {
  readonly segment: Segment
  /** Called when the last line of a segment of an earlier process is in the store. */
  readonly done: (() => void) | undefined
  taken: number
  damaged: number
}

export interface Batch {
  readonly lines: readonly string[]
  /** Appended by this process. */
  readonly isOwn: boolean
  /** Forgets the lines. Call when they are in the store. */
  release(): void
}

/** Lines in files, first in, first out: written by one side, read and released by the other. */
export class SegmentQueue {
  readonly #directory: string
  readonly #write: WriteAt
  readonly #log: OperatorLog
  readonly #queue: Queued[] = []
  #current: Queued | undefined
  #created = 0
  #syncTimer: NodeJS.Timeout | undefined

  constructor(directory: string, write: WriteAt, log: OperatorLog) {
    this.#directory = directory
    this.#write = write
    this.#log = log
  }

  get isEmpty(): boolean {
    return this.#queue.every((queued) => queued.taken >= queued.segment.end && queued.done === undefined)
  }

  get hasLeftovers(): boolean {
    return this.#queue.some((queued) => queued.done !== undefined)
  }

  /** Puts a segment of an earlier process in line. */
  adopt(path: string, done: () => void): void {
    this.#queue.push({ segment: Segment.reopen(path), done, taken: 0, damaged: 0 })
  }

  append(frames: Uint8Array): void {
    if (this.#current === undefined || this.#current.segment.end >= SEGMENT_BYTES) this.#current = this.#open()
    try {
      this.#current.segment.append(frames)
    } catch (error) {
      // With room again the same file goes on; any other failure is of this file, and the next line gets a new one.
      if (!OUT_OF_SPACE.has(codeOf(error))) this.#current = undefined
      throw error
    }
    this.#syncTimer ??= setTimeout(() => this.#sync(), SYNC_EVERY_MS)
  }

  /** The oldest lines, or `undefined` when there are none. One batch at a time; unreleased lines come again. */
  async take(most: number): Promise<Batch | undefined> {
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (head.taken >= head.segment.end) {
        if (head === this.#current) return undefined
        this.#retire(head)
        continue
      }
      const taking = head
      const { lines, damaged, bytes } = await readLines(head, most)
      this.#tell(head, damaged, bytes)
      const taken = bytes === 0 ? head.segment.end : head.taken + bytes
      head.damaged += damaged
      if (lines.length > 0)
        return { lines, isOwn: head.done === undefined, release: () => this.#release(taking, taken) }
      this.#release(head, taken)
    }
    return undefined
  }

  close(): void {
    clearTimeout(this.#syncTimer)
    for (const queued of this.#queue) {
      if (queued === this.#current && queued.taken < queued.segment.end) queued.segment.sync()
      if (queued === this.#current && queued.taken >= queued.segment.end) queued.segment.delete()
      else queued.segment.close()
    }
    this.#queue.length = 0
    this.#current = undefined
  }

  #open(): Queued {
    const name = `${String(this.#created + 1).padStart(8, '0')}.log`
    const segment = Segment.create(join(this.#directory, name), this.#write)
    const queued: Queued = { segment, done: undefined, taken: 0, damaged: 0 }
    this.#created += 1
    this.#queue.push(queued)
    return queued
  }

  #release(queued: Queued, taken: number): void {
    queued.taken = taken
    if (queued !== this.#current) return
    if (taken < queued.segment.end || taken < WORTH_CLEARING_BYTES) return
    queued.segment.clear()
    queued.taken = 0
  }

  #retire(queued: Queued): void {
    this.#queue.shift()
    if (queued.damaged > 0) queued.segment.setAside()
    else queued.segment.delete()
    queued.done?.()
  }

  #tell(head: Queued, damaged: number, bytes: number): void {
    if (damaged > 0)
      this.#log.error('lines of the ledger spool are damaged; their file is kept aside', { lines: damaged })
    if (bytes > 0) return
    this.#log.info('an earlier process ended in the middle of a ledger line; that line was never acknowledged', {
      bytes: head.segment.end - head.taken,
    })
  }

  #sync(): void {
    this.#syncTimer = undefined
    this.#current?.segment.syncSoon((error) => {
      this.#log.error('the ledger spool could not be brought to the disk', { code: codeOf(error) })
    })
  }
}

/** Reads on until there is a whole line, however long, or the end. */
async function readLines({ segment, taken }: Queued, most: number): Promise<Frames> {
  for (let size = CHUNK_BYTES; ; size *= 2) {
    const frames = readFrames(await segment.read(taken, size), most)
    if (frames.bytes > 0 || taken + size >= segment.end) return frames
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'none'
}
