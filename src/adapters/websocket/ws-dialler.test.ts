import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import type { EgressEntry, HostChoice } from '../../domain/egress.ts'
import { Secret } from '../../domain/secret.ts'
import type { UpstreamCall } from '../../ports/upstream.ts'
import { chooseLookup } from '../outbound-http/choose-lookup.ts'
import { EgressGuard } from '../outbound-http/egress-guard.ts'
import { WsDialler } from './ws-dialler.ts'

let server: Server
let port: number
let asked = 0
const silent = new Set(['/silent'])

beforeAll(async () => {
  server = createServer()
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true })
  server.on('upgrade', (request, socket, head) => {
    asked += 1
    if (silent.has(request.url ?? '')) return
    if (request.url === '/garbage') return void socket.end('SSH-2.0-OpenSSH_9.6\r\n')
    if (request.url === '/teapot')
      return void socket.end('HTTP/1.1 418 Teapot\r\nconnection: close\r\n\r\nshort and stout')
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.send('at once')
      client.send(JSON.stringify(request.headers))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function call(path: string, host: HostChoice = 'from-our-config'): UpstreamCall {
  return {
    host,
    origin: `http://localhost:${port}`,
    method: 'GET',
    path,
    headers: { 'user-agent': 'us' },
    ownHeaders: ['x-own', '1'],
    secretHeaders: new Map([['Authorization', new Secret('Bearer s')]]),
    body: undefined,
    headTimeoutMs: 300,
    idleTimeoutMs: 300,
  }
}

function dialler(allowed: readonly EgressEntry[] = []): WsDialler {
  return new WsDialler(chooseLookup(new EgressGuard(allowed)))
}

test('what is said before anybody listens is heard, and nothing is compressed', async () => {
  const dialled = await dialler().dial(call('/open'))
  if (dialled.kind !== 'open') throw new Error(dialled.kind)
  const heard: string[] = []
  dialled.line.listen({ message: (text) => heard.push(text), drained: () => {}, closed: () => {} })
  await vi.waitFor(() => expect(heard).toHaveLength(2), { timeout: 20_000 })
  expect(heard[0]).toBe('at once')
  const headers: Record<string, string> = JSON.parse(heard[1] ?? '')
  expect(headers).toMatchObject({ authorization: 'Bearer s', 'x-own': '1', 'user-agent': 'us' })
  expect(headers['sec-websocket-extensions']).toBeUndefined()
  dialled.line.close(undefined, '')
})

test('an answer that is no 101 is handed on', async () => {
  const dialled = await dialler().dial(call('/teapot'))
  expect(dialled).toMatchObject({ kind: 'refused', status: 418, text: 'short and stout' })
})

test.each([
  ['/silent', 'timeout'],
  ['/garbage', 'protocol'],
])('%s is a fault of the kind %s', async (path, fault) => {
  expect(await dialler().dial(call(path))).toEqual({ kind: 'fault', fault })
})

test('N-22: a name that leads to a private address is not connected to, unless the operator lists it', async () => {
  const before = asked
  expect(await dialler().dial(call('/open', 'from-the-api'))).toEqual({ kind: 'fault', fault: 'connect' })
  expect(asked).toBe(before)
  const listed = await dialler([{ kind: 'host', name: 'localhost', port }]).dial(call('/open', 'from-the-api'))
  expect(listed.kind).toBe('open')
  if (listed.kind === 'open') listed.line.close(undefined, '')
})
