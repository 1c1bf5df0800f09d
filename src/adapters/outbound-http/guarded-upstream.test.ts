import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EgressEntry, HostChoice } from '../../domain/egress.ts'
import { chooseLookup } from './choose-lookup.ts'
import { EgressGuard } from './egress-guard.ts'
import { PooledUpstream } from './pooled-upstream.ts'

let server: Server
let port: number
let calls = 0

beforeAll(async () => {
  server = createServer((_, response) => {
    calls += 1
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})

afterAll(() => {
  server.close()
})

/** How a call to `localhost` ends. */
async function call(host: HostChoice, allowed: readonly EgressEntry[]): Promise<string> {
  const upstream = new PooledUpstream(chooseLookup(new EgressGuard(allowed)))
  const outcome = await new Promise<string>((resolve) => {
    const ask = { host, origin: `http://localhost:${port}`, method: 'GET', path: '/', body: undefined } as const
    const rest = { headers: {}, secretHeaders: new Map(), headTimeoutMs: 2_000, idleTimeoutMs: 2_000 }
    upstream.send({ ...ask, ...rest }, { head: () => {}, data: () => {}, end: () => resolve('ended'), fail: resolve })
  })
  await upstream.close()
  return outcome
}

test('N-22: a name that leads to a private address is not connected to, unless the operator lists it', async () => {
  expect(await call('from-the-api', [])).toBe('connect')
  expect(calls).toBe(0)
  expect(await call('from-the-api', [{ kind: 'host', name: 'localhost', port: port + 1 }])).toBe('connect')
  expect(calls).toBe(0)
  expect(await call('from-the-api', [{ kind: 'host', name: 'localhost', port }])).toBe('ended')
})

test('hosts of the operator’s own file are the operator’s business', async () => {
  expect(await call('from-our-config', [])).toBe('ended')
})
