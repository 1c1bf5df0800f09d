import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import type { IdentityProvider } from './identity-provider.ts'
import { startIdentityProvider } from './identity-provider.ts'
import { SIGNING_ALGORITHMS } from './raw-token.ts'

let provider: IdentityProvider

beforeAll(async () => {
  provider = await startIdentityProvider()
})

afterAll(() => provider.stop())

async function get(url: string, token?: string): Promise<Response> {
  return fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
}

test.each(SIGNING_ALGORITHMS)('a token by its %s key is good for another reader', async (alg) => {
  const keys = createLocalJWKSet((await (await get(provider.jwksUrl)).json()) as JSONWebKeySet)
  const token = provider.token({ team: 'blue' }, { alg })
  const read = await jwtVerify(token, keys, { issuer: provider.issuer, audience: 'gw', typ: 'at+jwt' })
  expect(read.payload['team']).toBe('blue')
})

test('its discovery document leads to its keys', async () => {
  const { issuer, jwks_uri } = (await (await get(provider.discoveryUrl)).json()) as Record<string, string>
  expect([issuer, jwks_uri]).toEqual([provider.issuer, provider.jwksUrl])
})

test('after a rotation the new key is published, and the old one only if it is kept', async () => {
  const before = provider.keys.ES256.kid
  const first = provider.rotate('ES256', { keepsOld: true })
  const kids = async () => ((await (await get(provider.jwksUrl)).json()) as JSONWebKeySet).keys.map(({ kid }) => kid)
  expect(await kids()).toEqual(expect.arrayContaining([before, first.kid]))
  const second = provider.rotate('ES256')
  expect(await kids()).toContain(second.kid)
  expect(await kids()).not.toContain(first.kid)
})

test('it fails as it is told to, counts, and recovers', async () => {
  provider.clear()
  provider.fail({ status: 500, body: 'down' }, 'jwks')
  expect((await get(provider.jwksUrl)).status).toBe(500)
  provider.fail('reset', 'jwks')
  await expect(get(provider.jwksUrl)).rejects.toThrow('fetch failed')
  provider.recover()
  expect((await get(provider.jwksUrl)).status).toBe(200)
  expect(provider.counters.jwks).toBe(3)
})

test('UserInfo and introspection know whom the test names', async () => {
  provider.knows('opaque', { sub: 'ada' })
  provider.introspects('opaque', { active: true, sub: 'ada' })
  expect(await (await get(provider.userinfoUrl, 'opaque')).json()).toEqual({ sub: 'ada' })
  expect((await get(provider.userinfoUrl, 'other')).status).toBe(401)
  const ask = async (token: string) =>
    (await fetch(provider.introspectionUrl, { method: 'POST', body: new URLSearchParams({ token }) })).json()
  expect(await ask('opaque')).toMatchObject({ active: true })
  expect(await ask('other')).toEqual({ active: false })
})
