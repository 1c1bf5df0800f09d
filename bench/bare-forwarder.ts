/**
 * What everything is measured against: `node:http` in, an `undici` Pool out, connections kept alive, and nothing done to
 * a request but passing it on. `bare-forwarder.ts UPSTREAM_URL`; prints one JSON line when it listens.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { Pool } from 'undici'

const HOP_BY_HOP = ['host', 'connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect']

async function forward(request: IncomingMessage, response: ServerResponse, pool: Pool): Promise<void> {
  const headers = { ...request.headers }
  for (const name of HOP_BY_HOP) delete headers[name]
  await pool.stream(
    { method: request.method ?? 'GET', path: request.url ?? '/', headers, body: request },
    ({ statusCode, headers: answered }) => {
      delete answered['connection']
      delete answered['keep-alive']
      delete answered['transfer-encoding']
      return response.writeHead(statusCode, answered)
    },
  )
}

function main(upstreamUrl: string): void {
  const pool = new Pool(upstreamUrl)
  const server = createServer((request, response) => {
    forward(request, response, pool).catch(() => {
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end()
    })
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    process.stdout.write(`${JSON.stringify({ port })}\n`)
  })
  process.once('SIGTERM', () => {
    server.closeAllConnections()
    server.close()
    void pool.destroy()
  })
}

const [upstreamUrl] = process.argv.slice(2)
if (upstreamUrl === undefined) throw new Error('usage: bare-forwarder.ts UPSTREAM_URL')
main(upstreamUrl)
