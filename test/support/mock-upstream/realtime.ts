import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Answering } from './answer.ts'
import { NO_SUCH_ROUTE } from './provider-errors.ts'
import { RealtimeSession } from './realtime-session.ts'
import type { Refusal } from './script.ts'

/** OpenAI's path, and both of Azure's. */
const PATHS = new Set(['/v1/realtime', '/openai/realtime', '/openai/v1/realtime'])

/** Serves sessions in real time. Every one that was opened is in the list, in its order. */
export function serveRealtime(server: Server, parts: Answering): readonly RealtimeSession[] {
  const sessions: RealtimeSession[] = []
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    parts.requests.open(request.method ?? '', request.url ?? '', request.rawHeaders)
    const url = new URL(request.url ?? '/', 'http://mock')
    const model = url.searchParams.get('model') ?? url.searchParams.get('deployment')
    if (!PATHS.has(url.pathname) || model === null) return refuse(socket, NO_SUCH_ROUTE, request)
    const script = parts.scripts.next(model)
    if (script.refusal !== undefined) return refuse(socket, script.refusal, request)
    sockets.handleUpgrade(request, socket, head, (opened) => {
      sessions.push(
        new RealtimeSession(opened, {
          id: `sess_${String(request.socket.localPort)}_${sessions.length + 1}`,
          model,
          url: request.url ?? '',
          rawHeaders: request.rawHeaders,
          script,
          charge: (entry) => parts.bill.add(entry),
        }),
      )
    })
  })
  return sessions
}

function refuse(socket: Duplex, { status, headers, body }: Refusal, request: IncomingMessage): void {
  const shown = body.replaceAll('{{authorization}}', request.headers.authorization ?? '')
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((each) => `${name}: ${each}`))
  socket.end(
    [
      `HTTP/1.1 ${status} Refused`,
      'connection: close',
      `content-length: ${Buffer.byteLength(shown)}`,
      ...lines,
      '',
      shown,
    ].join('\r\n'),
  )
}
