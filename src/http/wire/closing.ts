import type { Duplex } from 'node:stream'

const closing = new WeakSet<Duplex>()

/** Of a connection on which an answer said that it was the last one: whatever still comes in is not heard. */
export function announceClose(socket: Duplex): void {
  closing.add(socket)
}

export function isClosing(socket: Duplex): boolean {
  return closing.has(socket)
}
