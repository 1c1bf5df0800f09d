/** What the load generator wants to know of an answer, while its bytes come in. */
export interface ResponseEvents {
  readonly onFirstByte: () => void
  readonly onEnd: (status: number) => void
}

type State = 'head' | 'counted' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer'

const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')
const NOTHING = Buffer.alloc(0)
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i
const CHUNKED = /\r\ntransfer-encoding: *chunked/i

/**
 * Reads HTTP/1.1 answers from a socket, one after the other. It costs a few microseconds and no object per header,
 * so that the load generator doesn't take the core that the mock upstream needs. Throws on what it can't frame.
 */
export class ResponseReader {
  readonly #events: ResponseEvents
  #state: State = 'head'
  #unread: Buffer = NOTHING
  #remaining = 0
  #status = 0
  #hasBody = false

  constructor(events: ResponseEvents) {
    this.#events = events
  }

  push(data: Buffer): void {
    const bytes = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data])
    let at = 0
    for (;;) {
      const next = this.#step(bytes, at)
      if (next === undefined) break
      at = next
    }
    this.#unread = at === bytes.length ? NOTHING : bytes.subarray(at)
  }

  /** Consumes one element and gives the place after it; `undefined` when the bytes don't hold a whole one. */
  #step(bytes: Buffer, at: number): number | undefined {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at)
      case 'counted':
        return this.#readData(bytes, at, 'head')
      case 'chunk':
        return this.#readData(bytes, at, 'chunk-end')
      case 'chunk-size':
        return this.#readChunkSize(bytes, at)
      case 'chunk-end':
        if (bytes.length - at < LINE_END.length) return undefined
        this.#state = 'chunk-size'
        return at + LINE_END.length
      case 'trailer':
        return this.#readTrailer(bytes, at)
    }
  }

  #readHead(bytes: Buffer, at: number): number | undefined {
    const end = bytes.indexOf(HEAD_END, at)
    if (end < 0) return undefined
    const head = bytes.toString('latin1', at, end)
    if (!head.startsWith('HTTP/1.1 ')) throw new Error('not an HTTP/1.1 answer')
    this.#status = Number(head.slice(9, 12))
    this.#hasBody = false
    const length = CONTENT_LENGTH.exec(head)?.[1]
    if (length === undefined && !CHUNKED.test(head)) throw new Error('an answer without a length')
    this.#remaining = Number(length ?? 0)
    this.#state = length === undefined ? 'chunk-size' : 'counted'
    if (length !== undefined && this.#remaining === 0) this.#end()
    return end + HEAD_END.length
  }

  #readData(bytes: Buffer, at: number, after: 'head' | 'chunk-end'): number | undefined {
    const taken = Math.min(this.#remaining, bytes.length - at)
    if (taken === 0) return undefined
    if (!this.#hasBody) {
      this.#hasBody = true
      this.#events.onFirstByte()
    }
    this.#remaining -= taken
    if (this.#remaining === 0) {
      if (after === 'head') this.#end()
      else this.#state = after
    }
    return at + taken
  }

  #readChunkSize(bytes: Buffer, at: number): number | undefined {
    const end = bytes.indexOf(LINE_END, at)
    if (end < 0) return undefined
    this.#remaining = Number.parseInt(bytes.toString('latin1', at, end), 16)
    if (Number.isNaN(this.#remaining)) throw new Error('a chunk without a size')
    this.#state = this.#remaining === 0 ? 'trailer' : 'chunk'
    return end + LINE_END.length
  }

  #readTrailer(bytes: Buffer, at: number): number | undefined {
    const end = bytes.indexOf(LINE_END, at)
    if (end < 0) return undefined
    if (end === at) this.#end()
    return end + LINE_END.length
  }

  #end(): void {
    this.#state = 'head'
    this.#events.onEnd(this.#status)
  }
}
