import { ServerResponse } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A connection that can become a WebSocket, once. */
export interface Upgrade {
  readonly socket: Duplex
  /** What the client sent after its request. */
  readonly head: Buffer
  /** From now on nothing of HTTP goes over it. */
  leaveHttp(): void
}

/**
 * Requests that ask for a WebSocket go the way of all others, through the same checks and the same router, and get an
 * answer like all others unless their route takes the connection over. Where no route would, the question is not heard.
 */
export class Upgrades {
  readonly #paths = new Set<string>()
  readonly #held = new WeakMap<IncomingMessage, Upgrade>()

  open(path: string): void {
    this.#paths.add(path)
  }

  wants({ headers, url = '' }: IncomingMessage): boolean {
    return headers.upgrade?.toLowerCase() === 'websocket' && this.#paths.has(url.replace(/\/?(?:\?.*)?$/, ''))
  }

  /** The way to answer it as a request. */
  hold(request: IncomingMessage, socket: Duplex, head: Buffer): ServerResponse {
    // Whoever leaves meanwhile is noticed where it matters.
    socket.on('error', () => {})
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    if (socket instanceof Socket) response.assignSocket(socket)
    const leaveHttp = (): void => {
      if (socket instanceof Socket) response.detachSocket(socket)
    }
    response.once('finish', () => {
      leaveHttp()
      // Whoever does not hang up is hung up on.
      if (socket instanceof Socket) socket.destroySoon()
    })
    this.#held.set(request, { socket, head, leaveHttp })
    return response
  }

  /** Undefined: the request did not ask for it. */
  of(request: IncomingMessage): Upgrade | undefined {
    return this.#held.get(request)
  }
}
