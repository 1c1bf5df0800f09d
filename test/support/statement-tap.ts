import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

/** Stands between a gateway and its PostgreSQL, and writes down what the gateway asks. */
export interface StatementTap {
  /** Of the same database, through the tap. */
  readonly url: string
  /** What was asked since the last call. */
  taken(): readonly string[]
  /** Keeps back what the database says to those who listen for changes, until the returned function is called. */
  holdNews(): () => void
  close(): Promise<void>
}

export async function openStatementTap(databaseUrl: string): Promise<StatementTap> {
  const target = new URL(databaseUrl)
  let statements: string[] = []
  const sockets = new Set<Socket>()
  const listening = new Map<Socket, Socket>()
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) })
    const reader = new StatementReader((text) => {
      statements.push(text)
      if (text.startsWith('listen ')) listening.set(upstream, client)
    })
    client.on('data', (data: Buffer) => reader.push(data))
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.setNoDelay(true).pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        listening.delete(one)
        other.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = new URL(databaseUrl)
  url.port = typeof address === 'object' && address !== null ? String(address.port) : ''
  return {
    url: url.href,
    taken() {
      const taken = statements
      statements = []
      return taken
    },
    holdNews() {
      for (const [upstream, client] of listening) upstream.unpipe(client).pause()
      return () => {
        for (const [upstream, client] of listening) upstream.pipe(client)
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const QUERY = 'Q'.charCodeAt(0)
const PARSE = 'P'.charCodeAt(0)
const LENGTH_BYTES = 4

/** The client's side of the protocol: a greeting without a type, and then messages of type, length and content. */
class StatementReader {
  readonly #told: (text: string) => void
  #pending = Buffer.alloc(0)
  #isGreeted = false

  constructor(told: (text: string) => void) {
    this.#told = told
  }

  push(data: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, data])
    for (;;) {
      const typeBytes = this.#isGreeted ? 1 : 0
      if (this.#pending.length < typeBytes + LENGTH_BYTES) return
      const end = typeBytes + this.#pending.readInt32BE(typeBytes)
      if (this.#pending.length < end) return
      if (this.#isGreeted) this.#read(this.#pending[0], this.#pending.subarray(typeBytes + LENGTH_BYTES, end))
      this.#isGreeted = true
      this.#pending = this.#pending.subarray(end)
    }
  }

  #read(type: number | undefined, content: Buffer): void {
    const texts = content.toString('utf8').split('\0')
    if (type === QUERY) this.#told(texts[0] ?? '')
    // The name of the prepared statement comes first.
    if (type === PARSE) this.#told(texts[1] ?? '')
  }
}
