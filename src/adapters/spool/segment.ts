import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  read,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { promisify } from 'node:util'

/** Writes bytes at a position and tells how many were taken: `fs.writeSync`, or a full disk in a test. */
export type WriteAt = (fd: number, bytes: Uint8Array, position: number) => number

export const writeAt: WriteAt = (fd, bytes, position) => writeSync(fd, bytes, 0, bytes.length, position)

const readInto = promisify(read)

/** One file of whole lines. `end` is where the next line goes, so a line that failed half-way is written over. */
export class Segment {
  readonly #path: string
  readonly #fd: number
  readonly #write: WriteAt
  #end: number

  private constructor(path: string, fd: number, end: number, write: WriteAt) {
    this.#path = path
    this.#fd = fd
    this.#end = end
    this.#write = write
  }

  static create(path: string, write: WriteAt): Segment {
    return new Segment(path, openSync(path, 'wx+', 0o600), 0, write)
  }

  /** For reading what an earlier process wrote. */
  static reopen(path: string): Segment {
    const fd = openSync(path, 'r')
    return new Segment(path, fd, fstatSync(fd).size, writeAt)
  }

  get end(): number {
    return this.#end
  }

  append(bytes: Uint8Array): void {
    const written = this.#write(this.#fd, bytes, this.#end)
    if (written !== bytes.length) throw new ShortWrite()
    this.#end += written
  }

  async read(from: number, most: number): Promise<Buffer> {
    const wanted = Math.min(this.#end - from, most)
    const { bytesRead, buffer } = await readInto(this.#fd, Buffer.allocUnsafe(wanted), 0, wanted, from)
    return buffer.subarray(0, bytesRead)
  }

  /** Only when every line is in the store. */
  clear(): void {
    ftruncateSync(this.#fd, 0)
    this.#end = 0
  }

  sync(): void {
    fdatasyncSync(this.#fd)
  }

  /** Off the main thread. A file that was closed meanwhile needs no sync: its lines are in the store. */
  syncSoon(failed: (error: Error) => void): void {
    fdatasync(this.#fd, (error) => {
      if (error !== null && error.code !== 'EBADF') failed(error)
    })
  }

  close(): void {
    closeSync(this.#fd)
  }

  delete(): void {
    this.close()
    unlinkSync(this.#path)
  }

  setAside(): void {
    this.close()
    renameSync(this.#path, `${this.#path}.damaged`)
  }
}

class ShortWrite extends Error {
  override readonly name = 'ShortWrite'
  readonly code = 'ENOSPC'

  constructor() {
    super('the disk took only a part of the line')
  }
}
