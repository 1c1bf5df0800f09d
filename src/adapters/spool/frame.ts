import { crc32 } from 'node:zlib'

const SUM_DIGITS = 8
const HEAD_BYTES = SUM_DIGITS + 1
const NEWLINE = 0x0a

/** A line as it stands in a segment: its checksum, a space, the text, a newline. */
export function frameLine(line: string): string {
  return `${headOf(line)}${line}\n`
}

function headOf(text: string | Buffer): string {
  return `${crc32(text).toString(16).padStart(SUM_DIGITS, '0')} `
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
