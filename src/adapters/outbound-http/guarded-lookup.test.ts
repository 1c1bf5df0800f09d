import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LookupAddress } from 'node:dns'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { UpstreamFault } from '../../ports/upstream.ts'
import { isForbiddenAddress, isForbiddenHost } from './forbidden-addresses.ts'
import { guardedLookup } from './guarded-lookup.ts'
import { chooseLookup } from './choose-lookup.ts'
import { EgressGuard } from './egress-guard.ts'
import { PooledUpstream } from './pooled-upstream.ts'

describe('AC-119: addresses that are never called', () => {
  const NEVER =
    '0.0.0.0 0.1.2.3 169.254.169.254 169.254.170.2 168.63.129.16 100.100.100.200 224.0.0.1 255.255.255.255 :: fe80::1 ' +
    'ff02::1 fd00:ec2::254 ::ffff:127.0.0.1 ::ffff:7f00:1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:7f00:1:: ' +
    '2001:0:1::1 fec0::1 models'
  test.each(NEVER.split(' '))('%s', (address) => {
    expect(isForbiddenAddress(address)).toBe(true)
  })

  test.each(['127.0.0.1', '10.1.2.3', '192.168.1.1', '8.8.8.8', '::1', 'fd12:3456::1', '2606:4700::1111'])(
    '%s is the operator’s to name',
    (address) => {
      expect(isForbiddenAddress(address)).toBe(false)
      expect(isForbiddenHost(address.includes(':') ? `[${address}]` : address)).toBe(false)
    },
  )

  test.each([
    'metadata.google.internal',
    'METADATA.google.internal',
    'metadata',
    'metadata.goog',
    '[::ffff:a9fe:a9fe]',
  ])('the host %s', (host) => {
    expect(isForbiddenHost(host)).toBe(true)
  })
})

describe('AC-120: names that lead elsewhere', () => {
  async function upstreamFor(answers: readonly (readonly LookupAddress[])[] | undefined, host = 'models.example') {
    let requests = 0
    const server = createServer((_request, response) => {
      requests += 1
      response.writeHead(200, { connection: 'close' }).end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    let lookups = 0
    const scripted = guardedLookup((_host, done) => {
      const found = answers?.[Math.min(lookups, answers.length - 1)] ?? []
      lookups += 1
      done(null, found)
    })
    const upstream =
      answers === undefined
        ? new PooledUpstream(chooseLookup(new EgressGuard([])))
        : new PooledUpstream(chooseLookup(new EgressGuard([]), scripted))
    onTestFinished(async () => {
      await upstream.close()
      server.close()
    })
    const call = {
      host: 'from-our-config' as const,
      origin: `http://${host}:${port}`,
      method: 'POST' as const,
      path: '/v1/chat/completions',
      headers: {},
      secretHeaders: new Map(),
      body: '{}',
      headTimeoutMs: 5_000,
      idleTimeoutMs: 5_000,
    }
    const send = (): Promise<number | UpstreamFault> =>
      new Promise((resolve) => {
        let status = 0
        upstream.send(call, {
          head: (said) => (status = said),
          data: () => {},
          end: () => resolve(status),
          fail: (fault) => resolve(fault),
        })
      })
    return { send, requests: () => requests }
  }

  const HERE: LookupAddress = { address: '127.0.0.1', family: 4 }
  const METADATA: LookupAddress = { address: '169.254.169.254', family: 4 }

  test('a name that leads to an allowed address is called, by the system’s own resolver', async () => {
    const { send } = await upstreamFor(undefined, 'localhost')
    expect(await send()).toBe(200)
  })

  test('a name that the system’s own resolver does not know is a failed connection, and nothing worse', async () => {
    const { send, requests } = await upstreamFor(undefined, 'nowhere.invalid')
    expect(await send()).toBe('connect')
    expect(requests()).toBe(0)
  })

  test('an error of the resolver is told as it is', async () => {
    const error = Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' })
    const lookup = guardedLookup((_host, done) => done(error))
    for (const family of [0, 4, 6]) {
      const told = await new Promise((resolve) => lookup('models.example', { family, all: true }, resolve))
      expect(told).toBe(error)
    }
  })

  test('a name that leads to a forbidden address the second time is refused then', async () => {
    const { send, requests } = await upstreamFor([[HERE], [METADATA]])
    expect(await send()).toBe(200)
    expect(await send()).toBe('connect')
    expect(requests()).toBe(1)
  })

  test.each([[[HERE, METADATA]], [[METADATA, HERE]]])('one forbidden address among several is enough', async (both) => {
    const { send, requests } = await upstreamFor([both])
    expect(await send()).toBe('connect')
    expect(requests()).toBe(0)
  })

  test('N-30: a name with more than 16 addresses is refused', async () => {
    const { send } = await upstreamFor([Array.from({ length: 17 }, () => HERE)])
    expect(await send()).toBe('connect')
  })
})
