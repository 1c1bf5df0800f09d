import { expect, test } from 'vitest'
import { Secret } from '../../domain/secret.ts'
import { guardedLookup } from './guarded-lookup.ts'
import { PooledUpstream } from './pooled-upstream.ts'

test('what no wire can carry fails after the call was begun, so that whoever began it can hear of it', async () => {
  const upstream = new PooledUpstream(() => guardedLookup())
  let isBegun = false
  const outcome = await new Promise<string>((resolve) => {
    const fail = (): void => resolve(isBegun ? 'told afterwards' : 'told meanwhile')
    upstream.send(
      {
        host: 'from-our-config',
        origin: 'http://127.0.0.1:1',
        method: 'POST',
        path: '/',
        body: '{}',
        headers: {},
        secretHeaders: new Map([['authorization', new Secret('Bearer a\nb')]]),
        headTimeoutMs: 1_000,
        idleTimeoutMs: 1_000,
      },
      { head: () => {}, data: () => {}, end: fail, fail },
    )
    isBegun = true
  })
  expect(outcome).toBe('told afterwards')
  await upstream.close()
})
