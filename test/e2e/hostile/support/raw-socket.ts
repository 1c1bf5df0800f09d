import { connect } from 'node:net'

export interface RawAnswer {
  readonly bytes: string
  /** Every status line that came back: two of them mean that two requests were seen. */
  readonly statuses: readonly number[]
  /** The gateway closed the connection, before the bound ran out. */
  readonly isClosed: boolean
}

export interface RawOptions {
  readonly withinMs?: number
  /** The client closes its half after the last byte. */
  readonly endsAfter?: boolean
  /** Stops waiting for the close when this many answers are there. */
  readonly answers?: number
}

/** Writes bytes as they are and listens until the gateway hangs up. */
export function sendRaw(port: number, bytes: string | Buffer, options: RawOptions = {}): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>()
  const chunks: Buffer[] = []
  const socket = connect(port, '127.0.0.1')
  const settle = (isClosed: boolean): void => {
    clearTimeout(limit)
    socket.destroy()
    const text = Buffer.concat(chunks).toString('latin1')
    resolve({ bytes: text, statuses: statusesOf(text), isClosed })
  }
  const limit = setTimeout(() => settle(false), options.withinMs ?? 4_000)
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    if (options.answers === undefined) return
    if (statusesOf(Buffer.concat(chunks).toString('latin1')).length >= options.answers) settle(false)
  })
  socket.on('end', () => settle(true))
  socket.on('close', () => settle(true))
  socket.on('error', () => settle(true))
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  if (options.endsAfter === true) socket.end()
  return promise
}

function statusesOf(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map((match) => Number(match[1]))
}

/** A head from its lines, with the empty line that ends it. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`
}
