import { crc32 } from 'node:zlib'

const SUM_DIGITS = 8
const HEAD_BYTES = SUM_DIGITS + 1
/** Of a UTF-16 unit in UTF-8. */
const MOST_BYTES_PER_UNIT = 3
const SPACE = 0x20
const NEWLINE = 0x0a
const DIGITS = Buffer.from('0123456789abcdef')

/** A line as it stands in a segment: its checksum, a space, the text, a newline. */
export function frameLine(line: string): Buffer {
  const bytes = Buffer.allocUnsafe(mostBytesOf(line))
  return bytes.subarray(0, writeFrame(line, bytes, 0))
}

/** Framed lines, one after the other in memory that is used again, because there is one for every call. */
export class FramedLines {
  #bytes = Buffer.allocUnsafeSlow(ROOM_BYTES)
  #end = 0

  add(line: string): void {
    const needed = this.#end + mostBytesOf(line)
    if (needed > this.#bytes.length) this.#grow(needed)
    this.#end = writeFrame(line, this.#bytes, this.#end)
  }

  /** All that were added since the last time. Good until the next one is added. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#end)
    this.#end = 0
    if (this.#bytes.length > MOST_KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(ROOM_BYTES)
    return taken
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(2 * needed)
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
  }
}

const ROOM_BYTES = 64 * 1024
const MOST_KEPT_BYTES = 1024 * 1024

function mostBytesOf(line: string): number {
  return HEAD_BYTES + line.length * MOST_BYTES_PER_UNIT + 1
}

function writeFrame(line: string, into: Buffer, at: number): number {
  const start = at + HEAD_BYTES
  const end = start + into.write(line, start)
  let sum = crc32(into.subarray(start, end))
  for (let digit = SUM_DIGITS - 1; digit >= 0; digit -= 1) {
    into[at + digit] = DIGITS[sum & 0xf] ?? 0
    sum >>>= 4
  }
  into[start - 1] = SPACE
  into[end] = NEWLINE
  return end + 1
}

export interface Frames {
  readonly lines: readonly string[]
  /** Whole lines whose checksum is wrong. */
  readonly damaged: number
  /** Where the last whole line ends. */
  readonly bytes: number
}

/** The whole lines at the start of `bytes`, `most` of them at most. What follows the last newline is left. */
export function readFrames(bytes: Buffer, most: number): Frames {
  const lines: string[] = []
  let damaged = 0
  let start = 0
  while (lines.length < most) {
    const end = bytes.indexOf(NEWLINE, start)
    if (end === -1) break
    const text = bytes.subarray(start + HEAD_BYTES, end)
    const head = bytes.toString('latin1', start, Math.min(start + HEAD_BYTES, end))
    if (head === headOf(text)) lines.push(text.toString('utf8'))
    else damaged += 1
    start = end + 1
  }
  return { lines, damaged, bytes: start }
}

function headOf(text: Buffer): string {
  return `${crc32(text).toString(16).padStart(SUM_DIGITS, '0')} `
}
