import type { ServerResponse } from 'node:http'
import type { Reply } from '../../ports/reply.ts'
import { SAFE_HEADERS } from './render-problem.ts'

/** A client that takes nothing for so long is not coming back. */
const STALLED_MS = 60_000

const SAFE: readonly string[] = Object.entries(SAFE_HEADERS).flat()

/** The journey's way back, over Node's response. The head waits for the first bytes, so that whole answers have a length. */
export class NodeReply implements Reply {
  readonly #response: ServerResponse
  #status = 200
  #headers: string[] = []
  #sent = false
  #stalled: NodeJS.Timeout | undefined

  constructor(response: ServerResponse) {
    this.#response = response
  }

  head(status: number, headers: readonly string[]): void {
    this.#status = status
    this.#headers = SAFE.concat(headers)
  }

  write(part: string | Uint8Array): boolean {
    this.#sendHead()
    const flows = this.#response.write(part)
    if (!flows && this.#stalled === undefined) {
      this.#stalled = setTimeout(() => this.#response.destroy(), STALLED_MS)
      this.#response.once('drain', () => this.#calm())
    }
    return flows
  }

  end(part: string | Uint8Array = ''): void {
    this.#calm()
    if (!this.#sent) {
      this.#sent = true
      // RFC 9110 §8.6: an answer that has no content has no length either.
      if (this.#status !== 204) this.#headers.push('content-length', String(Buffer.byteLength(part)))
      this.#response.writeHead(this.#status, this.#headers)
    }
    this.#response.end(part)
  }

  cut(): void {
    this.#calm()
    this.#response.destroy()
  }

  whenDrained(go: () => void): void {
    this.#response.on('drain', go)
  }

  whenGone(tell: () => void): void {
    const response = this.#response
    if (response.destroyed || response.socket?.destroyed === true) {
      tell()
      return
    }
    response.on('close', () => {
      this.#calm()
      if (!response.writableFinished) tell()
    })
  }

  #sendHead(): void {
    if (this.#sent) return
    this.#sent = true
    this.#response.writeHead(this.#status, this.#headers)
  }

  #calm(): void {
    if (this.#stalled === undefined) return
    clearTimeout(this.#stalled)
    this.#stalled = undefined
  }
}
