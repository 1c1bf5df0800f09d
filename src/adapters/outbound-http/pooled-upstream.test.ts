import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { expect, test } from 'vitest'
import { Secret } from '../../domain/secret.ts'
import { guardedLookup } from './guarded-lookup.ts'
import { PooledUpstream } from './pooled-upstream.ts'

const CALL = {
  host: 'from-our-config',
  origin: 'http://127.0.0.1:1',
  method: 'POST',
  path: '/',
  body: '{}',
  headers: {},
  headTimeoutMs: 1_000,
  idleTimeoutMs: 1_000,
} as const

test('what no wire can carry fails after the call was begun, so that whoever began it can hear of it', async () => {
  const upstream = new PooledUpstream(() => guardedLookup())
  let isBegun = false
  const outcome = await new Promise<string>((resolve) => {
    const fail = (): void => resolve(isBegun ? 'told afterwards' : 'told meanwhile')
    upstream.send(
      { ...CALL, secretHeaders: new Map([['authorization', new Secret('Bearer a\nb')]]) },
      { head: () => {}, data: () => {}, end: fail, fail },
    )
    isBegun = true
  })
  expect(outcome).toBe('told afterwards')
  await upstream.close()
})

test.each([
  'SSH-2.0-OpenSSH_9.9\r\n',
  'HTTP/1.1 \r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n',
])('egress_protocol: %j is no answer in HTTP, and told as that', async (answer) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const upstream = new PooledUpstream(() => guardedLookup())
  const fault = await new Promise<string>((resolve) => {
    const call = { ...CALL, origin: `http://127.0.0.1:${port}`, secretHeaders: new Map() }
    upstream.send(call, { head: () => {}, data: () => {}, end: () => resolve('none'), fail: resolve })
  })
  expect(fault).toBe('protocol')
  await upstream.close()
  server.close()
})

test('whoever can make nothing of an answer is told that it failed, and does not wait for ever', async () => {
  const server = createServer((_, response) => response.end('{}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const upstream = new PooledUpstream(() => guardedLookup())
  const fault = await new Promise<string>((resolve) => {
    const call = { ...CALL, origin: `http://127.0.0.1:${port}`, secretHeaders: new Map() }
    const end = (): never => {
      throw new RangeError('too deep')
    }
    upstream.send(call, { head: () => {}, data: () => {}, end, fail: resolve })
  })
  expect(fault).toBe('protocol')
  await upstream.close()
  server.close()
})
