import type { WebSocket } from 'ws'
import type { Line, LineListener } from '../../ports/line.ts'

/** N-39 */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
const PING_MS = 30_000
/** N-37, N-38: what may wait for the other side, and for how long it may take none of it. */
const MOST_WAITING_BYTES = 256 * 1024
const STALLED_MS = 60_000
const PARTING_MS = 5_000

const UNSUPPORTED_DATA = 1003
const NO_GOODBYE = 1006
const LONGEST_REASON = 120

export interface LineRules {
  /** Frames of bytes are read as text, as the other side may not mind; otherwise they end the line. */
  readonly takesBytes: boolean
  readonly pingMs?: number
  /** How long the other side's goodbye is waited for. */
  readonly partingMs?: number
}

/** A WebSocket that is open. What comes before anybody listens waits, and so does the other side. */
export class WsLine implements Line {
  readonly #socket: WebSocket
  readonly #pinging: NodeJS.Timeout
  readonly #partingMs: number
  #listener: LineListener | undefined
  #early: string[] = []
  #isFull = false
  #isAlive = true
  #stalled: NodeJS.Timeout | undefined
  #parting: NodeJS.Timeout | undefined

  constructor(socket: WebSocket, rules: LineRules) {
    this.#socket = socket
    this.#partingMs = rules.partingMs ?? PARTING_MS
    socket.pause()
    socket.on('message', (data, isBinary) => {
      if (isBinary && !rules.takesBytes) this.#refuse()
      else this.#take(Buffer.isBuffer(data) ? data.toString('utf8') : '')
    })
    socket.on('pong', () => (this.#isAlive = true))
    // Frames that are none: the other side is told so, and nothing that it says afterwards counts.
    socket.on('error', () => this.#over(NO_GOODBYE, ''))
    socket.on('close', (code, reason) => {
      clearTimeout(this.#parting)
      this.#over(code, reason.toString('utf8'))
    })
    this.#pinging = setInterval(() => this.#ping(), rules.pingMs ?? PING_MS)
  }

  listen(listener: LineListener): void {
    this.#listener = listener
    for (const text of this.#early.splice(0)) listener.message(text)
    this.#socket.resume()
  }

  send(text: string): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return true
    this.#socket.send(text, () => this.#sent())
    if (this.#socket.bufferedAmount <= MOST_WAITING_BYTES) return true
    this.#isFull = true
    this.#stalled ??= setTimeout(() => this.#socket.terminate(), STALLED_MS)
    return false
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(code: number | undefined, reason: string): void {
    this.#listener = undefined
    this.#early = []
    this.#part(code, reason)
  }

  #part(code: number | undefined, reason: string): void {
    // Whoever is not read does not get to say goodbye.
    this.#socket.resume()
    if (code === undefined) this.#socket.close()
    else this.#socket.close(code, shorten(reason))
    if (this.#socket.readyState !== this.#socket.CLOSED)
      this.#parting ??= setTimeout(() => this.#socket.terminate(), this.#partingMs)
  }

  #take(text: string): void {
    if (this.#listener === undefined) this.#early.push(text)
    else this.#listener.message(text)
  }

  #refuse(): void {
    this.#part(UNSUPPORTED_DATA, 'Events are texts.')
  }

  #sent(): void {
    clearTimeout(this.#stalled)
    this.#stalled = undefined
    if (!this.#isFull) return
    if (this.#socket.bufferedAmount > MOST_WAITING_BYTES / 2) {
      this.#stalled = setTimeout(() => this.#socket.terminate(), STALLED_MS)
      return
    }
    this.#isFull = false
    this.#listener?.drained()
  }

  /** Whoever does not answer one ping before the next is gone; one that is not read can't be heard. */
  #ping(): void {
    if (!this.#isAlive && !this.#socket.isPaused) return this.#socket.terminate()
    this.#isAlive = this.#socket.isPaused
    this.#socket.ping()
  }

  #over(code: number, reason: string): void {
    clearInterval(this.#pinging)
    clearTimeout(this.#stalled)
    this.#listener?.closed(code, reason)
    this.#listener = undefined
  }
}

/** A close frame holds 123 bytes of it. */
function shorten(reason: string): string {
  let short = reason.slice(0, LONGEST_REASON)
  while (Buffer.byteLength(short) > LONGEST_REASON) short = short.slice(0, -1)
  return short
}
