import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { LoadResult, Target } from './load-protocol.ts'
import { writeRequest } from './load-protocol.ts'

const OPENING_MS = 30_000
const AT_ONCE = 50

export interface OpenStreams {
  readonly result: LoadResult
  close(): void
}

/** Opens streams that the upstream never ends, and resolves when each has had its first event, or has failed. */
export async function openStreams(target: Target, count: number): Promise<OpenStreams> {
  const bytes = writeRequest(target)
  const sockets: Socket[] = []
  const statuses: Record<string, number> = {}
  let failures = 0
  const from = performance.now()
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    const wave = Array.from({ length: Math.min(AT_ONCE, count - opened) }, async () => {
      const { socket, status } = await openStream(target.port, bytes)
      sockets.push(socket)
      if (status === undefined) failures += 1
      else statuses[status] = (statuses[status] ?? 0) + 1
    })
    await Promise.all(wave)
  }
  const none = { p50: 0, p99: 0 }
  return {
    result: { statuses, failures, elapsedMs: performance.now() - from, latencyUs: none, firstByteUs: none },
    close: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function openStream(port: number, bytes: Buffer): Promise<{ socket: Socket; status: string | undefined }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const status = await new Promise<string | undefined>((resolve) => {
    let received = ''
    socket.setTimeout(OPENING_MS, () => resolve(undefined))
    socket.on('connect', () => socket.write(bytes))
    socket.on('data', (data: Buffer) => {
      received += data.toString('latin1')
      const body = received.indexOf('\r\n\r\n') + 4
      if (body > 3 && received.includes('\n\n', body)) resolve(received.slice(9, 12))
    })
    socket.on('error', () => resolve(undefined))
    socket.on('close', () => resolve(undefined))
  })
  socket.setTimeout(0)
  socket.removeAllListeners('data')
  socket.on('data', () => undefined)
  return { socket, status }
}
