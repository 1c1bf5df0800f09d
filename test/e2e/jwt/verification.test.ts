import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Members } from '../../support/raw-token.ts'
import { SIGNING_ALGORITHMS, makeKey, rawToken, signToken } from '../../support/raw-token.ts'
import { accountOf, chat } from './support/asks.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

const now = (): number => Math.floor(Date.now() / 1000)
const PEOPLE = { user_id_jwt_field: 'sub', user_id_upsert: true }

describe('one provider, by environment variables', () => {
  let town: Town

  beforeAll(async () => {
    town = await openTown({ auth: PEOPLE })
  })

  afterAll(() => town.close())

  test.each(SIGNING_ALGORITHMS)('AT-028: %s by a published key', async (alg) => {
    const sub = fresh('person')
    expect((await accountOf(town, await chat(town, town.idp.token({ sub }, { alg })))).user).toBe(sub)
  })

  test('AT-029: HS256 keyed with the text of the public key', async () => {
    const { publicKey } = town.idp.keys.RS256
    for (const secret of [
      publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      publicKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
      JSON.stringify(town.idp.keys.RS256.jwk),
    ]) {
      const header = { alg: 'HS256', typ: 'at+jwt', kid: town.idp.keys.RS256.kid }
      const token = rawToken({ header, payload: town.idp.claims(), hmac: { alg: 'HS256', secret } })
      expect(await chat(town, token)).toMatchObject({ status: 401, reason: 'jwt_alg_not_allowed' })
    }
  })

  test('AT-030: no signature', async () => {
    const header = { alg: 'none', typ: 'at+jwt', kid: town.idp.keys.RS256.kid }
    expect((await chat(town, rawToken({ header, payload: town.idp.claims() }))).status).toBe(401)
    const signed = rawToken({ header, payload: town.idp.claims(), key: town.idp.keys.RS256 })
    expect(await chat(town, signed)).toMatchObject({ status: 401, reason: 'jwt_alg_not_allowed' })
  })

  test('AT-031: expired', async () => {
    expect(await chat(town, town.token({ iat: now() - 400, exp: now() - 100 }))).toMatchObject({
      status: 401,
      type: 'expired_key',
      message: 'Token Expired',
      reason: 'jwt_expired',
    })
  })

  test.each([
    ['AT-032: from the future', { nbf: now() + 120 }, 'jwt_not_yet_valid'],
    ['AT-033: for ever', { exp: undefined }, 'jwt_exp_missing'],
    ['AT-034: for another audience', { aud: 'b' }, 'jwt_aud_mismatch'],
    ['AT-034: for no audience', { aud: undefined }, 'jwt_aud_missing'],
    ['AT-035: of another issuer', { iss: 'https://other.example.com' }, 'jwt_iss_unknown'],
    ['AT-035: of no issuer', { iss: undefined }, 'jwt_iss_missing'],
  ] satisfies readonly (readonly [string, Members, string])[])('%s', async (_, claims, reason) => {
    expect(await chat(town, town.token(claims))).toMatchObject({ status: 401, type: 'auth_error', code: '401', reason })
  })

  test('AT-034: one of several audiences', async () => {
    expect((await chat(town, town.token({ aud: ['b', 'gw'] }))).status).toBe(200)
  })

  test('4.9: failures keep the compatible text', async () => {
    const forged = signToken({ key: { ...makeKey('RS256'), kid: 'rs256' }, claims: town.idp.claims() })
    const texts = await Promise.all(
      [forged, town.token({ aud: 'b' }), town.token({ aud: undefined }), town.token({ nbf: now() + 120 })].map(
        async (token) => (await chat(town, token)).message,
      ),
    )
    expect(texts).toEqual([
      'Authentication Error, Validation fails: Signature verification failed',
      "Authentication Error, Validation fails: Audience doesn't match",
      'Authentication Error, Validation fails: Token is missing the "aud" claim',
      'Authentication Error, Validation fails: The token is not yet valid (nbf)',
    ])
  })

  test('AT-039: a key that nobody published', async () => {
    const token = signToken({ key: makeKey('RS256', { kid: 'nobody' }), claims: town.idp.claims() })
    const { status, message, reason } = await chat(town, token)
    expect([status, reason]).toEqual([401, 'jwt_kid_unknown'])
    expect(message).toContain('No matching public key found')
  })

  test('AT-223: every refusal of a token is exactly an error of four members, with its code as text', async () => {
    for (const token of ['a.b.c', town.token({ aud: 'b' }), town.token({ exp: 1 }), town.token({ sub: 7 })]) {
      const { answer } = await chat(town, token)
      const body: Record<string, Record<string, unknown>> = JSON.parse(answer.text)
      expect(Object.keys(body)).toEqual(['error'])
      expect(Object.keys(body['error'] ?? {}).toSorted()).toEqual(['code', 'message', 'param', 'type'])
      expect(body['error']?.['code']).toBe('401')
      expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
      expect(answer.headers['x-litellm-call-id']).toEqual(expect.any(String))
    }
  })

  test('a setting that is not asked for shows no reasons', async () => {
    const silent = await openTown({ idp: town.idp, auth: PEOPLE, general: { expose_reject_reason: false } })
    const { answer } = await chat(silent, town.token({ aud: 'b' }))
    await silent.close()
    expect(answer.headers['x-reject-reason']).toBeUndefined()
  })
})

describe('two providers, by environment variables', () => {
  let first: IdentityProvider
  let second: IdentityProvider
  let town: Town

  beforeAll(async () => {
    first = await startIdentityProvider()
    const keys = SIGNING_ALGORITHMS.slice(0, 1).map((alg) => makeKey(alg, { kid: 'second-rs256' }))
    second = await startIdentityProvider({ keys })
    town = await openTown({
      idp: first,
      auth: PEOPLE,
      env: { JWT_PUBLIC_KEY_URL: ` ${first.jwksUrl} ,, ${second.jwksUrl}`, JWT_ISSUER: undefined },
    })
  })

  afterAll(async () => {
    await town.close()
    await Promise.all([first.stop(), second.stop()])
  })

  test('AT-038: a token of the second is as good', async () => {
    const sub = fresh('person')
    expect((await accountOf(town, await chat(town, second.token({ sub })))).user).toBe(sub)
    expect((await chat(town, first.token({ sub: fresh('person') }))).status).toBe(200)
  })

  test('INV-05: one subject of two issuers is two users, also there', async () => {
    const sub = fresh('person')
    const one = await accountOf(town, await chat(town, first.token({ sub })))
    const two = await accountOf(town, await chat(town, second.token({ sub })))
    expect(one.user).toBe(sub)
    expect(two.user).toEqual(expect.any(String))
    expect(two.user).not.toBe(one.user)
  })

  test('4.5: while the first is away, keys of the second are found', async () => {
    const fast = await openTown({
      idp: first,
      auth: PEOPLE,
      env: { JWT_PUBLIC_KEY_URL: `${first.jwksUrl},${second.jwksUrl}`, JWT_ISSUER: undefined },
    })
    first.fail('reset')
    const served = await chat(fast, second.token())
    const unknown = await chat(fast, first.token())
    first.recover()
    await fast.close()
    expect(served.status).toBe(200)
    expect(unknown).toMatchObject({ status: 503, type: 'auth_provider_unavailable' })
  })
})

describe('without an issuer, or without an audience', () => {
  test('AT-037: neither, by an explicit opt-in: accepted, and one warning', async () => {
    const town = await openTown({
      auth: { ...PEOPLE, allow_unscoped_tokens: true },
      env: { JWT_ISSUER: undefined, JWT_AUDIENCE: undefined },
    })
    const verdicts = [
      await chat(town, town.token({ iss: 'https://any.example.com', aud: 'any' })),
      await chat(town, town.token({ aud: undefined })),
    ]
    const said = town.gateway.stdout() + town.gateway.stderr()
    await town.close()
    expect(verdicts.map(({ status }) => status)).toEqual([200, 200])
    const warnings = said.split('\n').filter((line) => /unscoped|any application|JWT_AUDIENCE/i.test(line))
    expect(warnings).toHaveLength(1)
  })

  test('an issuer alone is enough to start; then every audience is good', async () => {
    const town = await openTown({ auth: PEOPLE, env: { JWT_AUDIENCE: undefined } })
    const verdict = await chat(town, town.token({ aud: 'any' }))
    const foreign = await chat(town, town.token({ iss: 'https://any.example.com' }))
    await town.close()
    expect(verdict.status).toBe(200)
    expect(foreign.reason).toBe('jwt_iss_unknown')
  })
})
