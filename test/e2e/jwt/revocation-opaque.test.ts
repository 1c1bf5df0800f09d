import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { newUser } from './support/people.ts'
import { REVOKED, next, revoke } from './support/revoke.ts'
import { opened } from './support/opened.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})
afterAll(() => idp.stop())

const FIELDS = { user_id_jwt_field: 'sub', user_id_upsert: true }
const now = (): number => Math.trunc(Date.now() / 1000)

describe('J-31: a provider that tells about bearers', () => {
  const town = opened(() => idp, {
    auth: ({ userinfoUrl }) => ({ ...FIELDS, oidc_userinfo_enabled: true, oidc_userinfo_endpoint: userinfoUrl }),
  })

  function opaqueOf(sub: string): string {
    const token = fresh('opaque')
    idp.knows(token, { sub })
    return token
  }

  test('an opaque token is revoked whole, for as long as nobody says when it ends', async () => {
    const sub = fresh('person')
    const [token, another] = [opaqueOf(sub), opaqueOf(sub)]
    for (const each of [token, another]) expect(await next(town(), each)).toBe('200')
    expect(await revoke(town(), { token })).toMatchObject({ kind: 'token', expires_at: null })
    expect([await next(town(), token), await next(town(), another)]).toEqual([REVOKED, '200'])
  })

  test('J-19: a cut-off refuses all of them, because none says when it was issued', async () => {
    const sub = await newUser(town())
    const token = opaqueOf(sub)
    expect(await next(town(), token)).toBe('200')
    expect(await revoke(town(), { user_id: sub })).toMatchObject({ expires_at: null })
    expect([await next(town(), token), await next(town(), opaqueOf(sub))]).toEqual([
      '401 jwt_iat_missing',
      '401 jwt_iat_missing',
    ])
  })
})

describe('J-31: a provider that is asked about tokens', () => {
  let town: Town

  beforeAll(async () => {
    town = await openTown({
      idp,
      auth: { ...FIELDS, routing_overrides: [{ iss: 'https://machines.example.com', path: 'oauth2' }] },
      general: { enable_oauth2_auth: true },
      env: { OAUTH_TOKEN_INFO_ENDPOINT: idp.introspectionUrl },
    })
  })
  afterAll(() => town.close())

  test.each([
    ['an opaque token', () => fresh('opaque')],
    ['one of three parts', () => idp.token({ iss: 'https://machines.example.com', n: fresh('n'), exp: 1 })],
  ])('%s is revoked, and so are those of its subject from before an instant', async (_, make) => {
    const sub = fresh('machine')
    const tokenAt = (iat: number): string => {
      const token = make()
      idp.introspects(token, { active: true, sub, iss: idp.issuer, iat })
      return token
    }
    const [one, old, later] = [tokenAt(now() - 5), tokenAt(now() - 5), tokenAt(now() + 20)]
    for (const each of [one, old, later]) expect(await next(town, each)).toBe('200')
    expect(await revoke(town, { token: one })).toMatchObject({ expires_at: null })
    expect([await next(town, one), await next(town, old)]).toEqual([REVOKED, '200'])
    await revoke(town, { issuer: idp.issuer, subject: sub })
    expect([await next(town, old), await next(town, later)]).toEqual([REVOKED, '200'])
  })

  test('of a provider that names no issuer, too', async () => {
    const [sub, token] = [fresh('machine'), fresh('opaque')]
    idp.introspects(token, { active: true, sub, iat: now() - 5, jti: 'one' })
    expect(await next(town, token)).toBe('200')
    await revoke(town, { issuer: '', jti: 'one' })
    expect(await next(town, token)).toBe(REVOKED)
  })
})
