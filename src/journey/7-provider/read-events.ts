/** One event of a server-sent event stream. */
export interface StreamEvent {
  readonly event: string | undefined
  readonly data: string
}

/**
 * Cuts a stream into events, wherever the chunks fall. What comes out is written anew by the caller, so that no bytes of
 * an upstream event can make a further event. Comments and unknown fields are passed over.
 */
export class EventReader {
  readonly #maxLength: number
  readonly #decoder = new TextDecoder('utf-8')
  #pending = ''
  #event: string | undefined
  #data: string[] = []
  #dataLength = 0
  #skipLineFeed = false

  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  /** Undefined: an event grew beyond the limit, and the stream cannot be gone on with. */
  push(bytes: Uint8Array): StreamEvent[] | undefined {
    let text = this.#decoder.decode(bytes, { stream: true })
    if (this.#skipLineFeed && text !== '') {
      if (text.startsWith('\n')) text = text.slice(1)
      this.#skipLineFeed = false
    }
    const events: StreamEvent[] = []
    let start = 0
    for (;;) {
      const end = endOfLine(text, start)
      if (end === -1) break
      this.#line(this.#pending + text.slice(start, end), events)
      this.#pending = ''
      const isReturn = text.charCodeAt(end) === 13
      start = end + 1
      if (isReturn && start < text.length && text.charCodeAt(start) === 10) start += 1
      else if (isReturn && start === text.length) this.#skipLineFeed = true
    }
    // Only joined, and looked at again when its line ends: a picture is one line of megabytes.
    this.#pending += text.slice(start)
    return this.#pending.length + this.#dataLength > this.#maxLength ? undefined : events
  }

  #line(line: string, events: StreamEvent[]): void {
    if (line === '') {
      if (this.#data.length > 0) events.push({ event: this.#event, data: this.#data.join('\n') })
      this.#event = undefined
      this.#data = []
      this.#dataLength = 0
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon === -1 ? line : line.slice(0, colon)
    const from = colon + (line.charCodeAt(colon + 1) === 32 ? 2 : 1)
    const value = colon === -1 ? '' : line.slice(from)
    if (field === 'data') {
      this.#data.push(value)
      this.#dataLength += value.length
    } else if (field === 'event') {
      this.#event = value
    }
  }
}

function endOfLine(text: string, from: number): number {
  const feed = text.indexOf('\n', from)
  const carriage = text.indexOf('\r', from)
  if (carriage === -1) return feed
  return feed === -1 ? carriage : Math.min(feed, carriage)
}
