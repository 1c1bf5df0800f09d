import type { IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import { WebSocket } from 'ws'
import type { Dialled, LineDialler } from '../../ports/line.ts'
import type { UpstreamCall, UpstreamFault } from '../../ports/upstream.ts'
import { MAX_MESSAGE_BYTES, WsLine } from './ws-line.ts'

const MAX_HEADER_BYTES = 64 * 1024
/** N-36 */
const MAX_ERROR_BYTES = 8 * 1024

/** The way out for WebSockets: each has a connection of its own, and goes where its name was looked up to lead. */
export class WsDialler implements LineDialler {
  readonly #lookupFor: (call: UpstreamCall) => LookupFunction

  constructor(lookupFor: (call: UpstreamCall) => LookupFunction) {
    this.#lookupFor = lookupFor
  }

  dial(call: UpstreamCall): Promise<Dialled> {
    return new Promise((resolve) => {
      const socket = new WebSocket(call.origin + call.path, {
        headers: headersOf(call),
        lookup: this.#lookupFor(call),
        handshakeTimeout: call.headTimeoutMs,
        maxPayload: MAX_MESSAGE_BYTES,
        maxHeaderSize: MAX_HEADER_BYTES,
        perMessageDeflate: false,
        followRedirects: false,
      })
      let headers: IncomingMessage['headers'] = {}
      socket.on('upgrade', (answer) => (headers = answer.headers))
      socket.on('open', () => resolve({ kind: 'open', line: new WsLine(socket, { takesBytes: true }), headers }))
      socket.on('error', (error) => resolve({ kind: 'fault', fault: faultOf(error) }))
      socket.on('unexpected-response', (request, answer) => {
        void readText(answer).then((text) => {
          resolve({ kind: 'refused', status: answer.statusCode ?? 0, headers: answer.headers, text })
          request.destroy()
        })
      })
    })
  }
}

function headersOf({ headers, ownHeaders = [], secretHeaders }: UpstreamCall): Record<string, string> {
  const all: Record<string, string> = { ...headers }
  for (let i = 0; i < ownHeaders.length; i += 2) all[ownHeaders[i] ?? ''] = ownHeaders[i + 1] ?? ''
  for (const [name, secret] of secretHeaders) all[name.toLowerCase()] = secret.reveal()
  return all
}

async function readText(answer: IncomingMessage): Promise<string> {
  let text = ''
  try {
    for await (const chunk of answer.setEncoding('utf8')) {
      text += String(chunk)
      if (text.length >= MAX_ERROR_BYTES) break
    }
  } catch {
    // What came of it will do.
  }
  return text.slice(0, MAX_ERROR_BYTES)
}

function faultOf(error: Error): UpstreamFault {
  if (error.message === 'Opening handshake has timed out') return 'timeout'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === '' || code.startsWith('HPE_')) return 'protocol'
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'connect'
}
