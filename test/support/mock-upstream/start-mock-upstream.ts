import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { Answering } from './answer.ts'
import { CONTROL_PATH, answerRequest } from './answer.ts'
import { answerBench } from './bench-reply.ts'
import { Bill } from './bill.ts'
import { obeyOrder } from './control.ts'
import { serveRealtime } from './realtime.ts'
import type { RealtimeSession } from './realtime-session.ts'
import { Requests } from './requests.ts'
import type { ScriptChange } from './script.ts'
import { Scripts } from './scripts.ts'
import { Serving } from './serving.ts'

export interface MockUpstreamOptions {
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** Bill entries are appended to this file, one JSON line each, before anything else is done. */
  readonly billFile?: string | undefined
  /** Calls without this credential, as bearer token or `api-key`, are refused. */
  readonly apiKey?: string | undefined
  /** How many requests are remembered. */
  readonly keepRequests?: number | undefined
}

export interface MockUpstream {
  readonly url: string
  /** What a configuration names as `api_base`. */
  readonly apiBase: string
  readonly port: number
  readonly requests: Requests
  readonly bill: Bill
  /** Sessions in real time, as they were opened. */
  readonly sessions: readonly RealtimeSession[]
  /** Connections ever accepted. */
  connections(): number
  script(model: string, change: ScriptChange): void
  /** Forgets scripts, requests and bill. */
  clear(): void
  close(): Promise<void>
}

const KEEP_ALIVE_MS = 60_000
const KEPT_REQUESTS = 512
const LARGEST_HEADERS = 131_072

/** Starts a scripted stand-in for the OpenAI API. What it does is decided by model names: see behaviours.ts. */
export async function startMockUpstream(options: MockUpstreamOptions = {}): Promise<MockUpstream> {
  const { host = '127.0.0.1', port: wantedPort = 0, keepRequests = KEPT_REQUESTS } = options
  let port = wantedPort
  let connections = 0
  const scripts = new Scripts()
  const requests = new Requests(keepRequests)
  const bill = new Bill(options.billFile)
  const serving = new Serving(bill, () => String(port))
  const parts: Answering = { scripts, requests, bill, serving, apiKey: options.apiKey }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: LARGEST_HEADERS }, (req, res) =>
    receive(req, res, parts),
  )
  const sessions = serveRealtime(server, parts)
  server.on('connection', () => {
    connections += 1
  })
  port = await listen(server, host, wantedPort)

  const url = `http://${host}:${port}`
  return {
    url,
    apiBase: `${url}/v1`,
    port,
    requests,
    bill,
    sessions,
    connections: () => connections,
    script: (model, change) => scripts.set(model, change),
    clear: () => void obeyOrder({ clear: true }, parts),
    close: () => closeServer(server, sessions).then(() => bill.close()),
  }
}

function receive(request: IncomingMessage, response: ServerResponse, parts: Answering): void {
  const isControl = request.url === CONTROL_PATH
  const record = isControl
    ? undefined
    : parts.requests.open(request.method ?? '', request.url ?? '', request.rawHeaders)
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('error', () => response.destroy())
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    record?.(body)
    if (answerBench(body, response)) return
    answerRequest({ request, response, body }, parts).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end(String(error))
    })
  })
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

/** Resolves when every connection is gone and what it still owed is on the bill. */
async function closeServer(server: Server, sessions: readonly RealtimeSession[]): Promise<void> {
  for (const session of sessions) session.terminate()
  await new Promise<void>((resolve) => {
    server.close(() => setImmediate(resolve))
    server.closeAllConnections()
  })
}
