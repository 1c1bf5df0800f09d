import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { chooseSubProtocol } from '../../domain/sub-protocols.ts'
import type { Line } from '../../ports/line.ts'
import { MAX_MESSAGE_BYTES, WsLine } from './ws-line.ts'
import type { LineRules } from './ws-line.ts'

/** Answers 101 to clients whose session is granted. */
export class LineAcceptor {
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => chooseSubProtocol([...offered]) ?? false,
  })

  readonly #rules: LineRules

  constructor(rules: Omit<LineRules, 'takesBytes'> = {}) {
    this.#rules = { ...rules, takesBytes: false }
  }

  /** `headers`: names and values in turn. Undefined: the client is gone. */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: readonly string[],
  ): Promise<Line | undefined> {
    return new Promise((resolve) => {
      socket.once('close', () => resolve(undefined))
      if (socket.destroyed) return resolve(undefined)
      const addHeaders = (lines: string[]): void => {
        for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i] ?? ''}: ${headers[i + 1] ?? ''}`)
      }
      this.#server.once('headers', addHeaders)
      this.#server.handleUpgrade(request, socket, head, (client) => resolve(new WsLine(client, this.#rules)))
      // It is called at once or never.
      this.#server.off('headers', addHeaders)
    })
  }
}
