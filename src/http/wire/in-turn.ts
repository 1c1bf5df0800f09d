import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Receive = (request: IncomingMessage, response: ServerResponse) => void

/** So many may wait on one connection. Whoever sends more does not listen to the answers. */
const MOST_WAITING = 64

const waiting = new WeakMap<Socket, number>()

/**
 * RFC 9112 §9.6: of a connection that an answer closes, no further request is processed. Whether an answer closes it is
 * known when it is given; so what was sent behind a request begins when the one before it is answered, and not earlier.
 */
export function inTurn(request: IncomingMessage, response: ServerResponse, receive: Receive): void {
  // Node hands the connection to one answer after the other; an answer whose turn it is not has none.
  if (response.socket !== null) {
    receive(request, response)
    return
  }
  const { socket } = request
  const others = waiting.get(socket) ?? 0
  if (others === MOST_WAITING) {
    socket.destroy()
    return
  }
  waiting.set(socket, others + 1)
  response.once('socket', () => {
    waiting.set(socket, (waiting.get(socket) ?? 1) - 1)
    receive(request, response)
  })
}
