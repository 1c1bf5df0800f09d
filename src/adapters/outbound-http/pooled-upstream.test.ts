import { createServer } from 'node:http'
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
