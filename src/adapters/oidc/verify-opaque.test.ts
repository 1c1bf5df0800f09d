import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startIdentityProvider } from '../../../test/support/identity-provider.ts'
import type { IdentityProvider } from '../../../test/support/identity-provider.ts'
import { openVerifier, profileOf, settingsOf } from '../../../test/support/open-verifier.ts'
import { Secret } from '../../domain/secret.ts'
import type { IntrospectionSettings } from '../../domain/token-settings.ts'
import type { Decision } from '../../domain/decision.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import { matchesOverride } from './match-override.ts'

let provider: IdentityProvider

beforeAll(async () => {
  provider = await startIdentityProvider()
})

beforeEach(() => {
  provider.clear()
  provider.recover()
})

afterAll(() => provider.stop())

const outcome = (decision: Decision<VerifiedToken>) => (decision.verdict === 'allow' ? 'allow' : decision.because)

describe('UserInfo', () => {
  const open = (ttlSeconds = 60) =>
    openVerifier(
      settingsOf({
        issuers: [profileOf(provider)],
        userInfo: { url: provider.userinfoUrl, ttlSeconds, profile: profileOf(provider, { id: 'userinfo' }) },
      }),
    )

  test('AT-058: the provider is asked once within the time', async () => {
    const { verifyOpaque, pass } = open()
    provider.knows('opaque-1', { sub: 'ada', email: 'ada@example.com' })
    const first = await verifyOpaque('opaque-1')
    expect(first).toMatchObject({ granted: { claims: { sub: 'ada' }, via: 'userinfo', issuer: provider.issuer } })
    expect(await verifyOpaque('opaque-1')).toBe(first)
    expect(provider.counters.userinfo).toBe(1)
    expect(provider.seen[0]?.headers).toMatchObject({ authorization: 'Bearer opaque-1', accept: 'application/json' })
    pass(61)
    await verifyOpaque('opaque-1')
    expect(provider.counters.userinfo).toBe(2)
  })

  test('AT-059: never about a token of three parts', async () => {
    const { reason } = open()
    expect(await reason(provider.token())).toBe('allow')
    expect(await reason('a.b.c')).toBe('jwt_b64_noncanonical')
    expect(provider.counters.userinfo).toBe(0)
  })

  test('AT-060: its refusal is ours, without its words', async () => {
    const { verifyOpaque } = open()
    provider.fail({ status: 401, body: '{"error":"a secret"}' }, 'userinfo')
    expect(await verifyOpaque('nobody')).toMatchObject({
      problem: 'token-refused',
      say: 'Authentication Error, Failed to fetch OIDC UserInfo: the endpoint returned status 401',
    })
  })

  test.each(['reset' as const, { status: 500 }, { body: '[]' }, { body: 'eyJ', type: 'application/jwt' }])(
    'anything else than a person is a refusal that is not remembered: %o',
    async (failure) => {
      const { verifyOpaque } = open()
      provider.knows('t', { sub: 'ada' })
      provider.fail(failure, 'userinfo')
      expect(await verifyOpaque('t')).toMatchObject({ because: 'opaque_refused' })
      provider.recover()
      expect(outcome(await verifyOpaque('t'))).toBe('allow')
    },
  )

  test.each([
    { person: {}, reason: 'jwt_sub_missing' },
    { person: { sub: 7 }, reason: 'jwt_sub_invalid' },
    { person: { sub: 'a', iss: 'https://other.example' }, reason: 'jwt_iss_unknown' },
    { person: { sub: 'a', aud: 'other' }, reason: 'jwt_aud_mismatch' },
    { person: { sub: 'a', exp: 1 }, reason: 'jwt_expired' },
  ])('J-33: $person -> $reason', async ({ person, reason }) => {
    provider.knows(`t-${reason}`, person)
    expect(outcome(await open().verifyOpaque(`t-${reason}`))).toBe(reason)
  })

  test('what could break a header is not sent', async () => {
    expect(outcome(await open().verifyOpaque('a\r\nx: y'))).toBe('jwt_malformed')
    expect(outcome(await open().verifyOpaque('x'.repeat(12_289)))).toBe('jwt_too_large')
    expect(provider.counters.userinfo).toBe(0)
  })
})

test('4.3: a token of three parts, where there are keys of nobody, is told what is missing', async () => {
  const userInfo = { url: provider.userinfoUrl, ttlSeconds: 60, profile: profileOf(provider) }
  const { verify } = openVerifier(settingsOf({ userInfo }))
  expect(await verify(provider.token())).toMatchObject({
    because: 'jwt_iss_unknown',
    say: 'Authentication Error, Missing JWT Public Key URL from environment.',
  })
  expect(outcome(await verify('a.b.c'))).toBe('jwt_b64_noncanonical')
  expect(provider.counters.userinfo).toBe(0)
})

test('without UserInfo and introspection opaque tokens are not taken', async () => {
  const { verifyOpaque } = openVerifier(settingsOf({ issuers: [profileOf(provider)] }))
  await expect(verifyOpaque('x')).rejects.toThrow('not taken')
})

describe('introspection', () => {
  const open = (changes: Partial<IntrospectionSettings> = {}) =>
    openVerifier(
      settingsOf({
        issuers: [profileOf(provider)],
        introspection: {
          url: provider.introspectionUrl,
          clientId: 'gw:1',
          clientSecret: new Secret('s p'),
          userId: ['sub'],
          role: ['role'],
          teamId: ['team_id'],
          audiences: ['gw'],
          overrides: [],
          takesOpaque: true,
          profile: profileOf(provider, { id: 'introspection' }),
          ...changes,
        },
      }),
    )
  const good = () => ({ active: true, ...provider.claims() })

  test('RFC 7662: the token in a form, our own credentials beside, the answer for a minute', async () => {
    const { verifyOpaque, pass } = open()
    provider.introspects('op', good())
    const first = await verifyOpaque('op')
    expect(first).toMatchObject({ granted: { via: 'introspection', claims: { sub: 'user-1' } } })
    expect(await verifyOpaque('op')).toBe(first)
    expect(provider.seen).toHaveLength(1)
    expect(provider.seen[0]).toMatchObject({
      method: 'POST',
      body: 'token=op&token_type_hint=access_token',
      headers: { authorization: `Basic ${Buffer.from('gw%3A1:s+p').toString('base64')}` },
    })
    pass(61)
    await verifyOpaque('op')
    expect(provider.seen).toHaveLength(2)
  })

  test.each([
    { change: { active: false }, reason: 'opaque_refused' },
    { change: { active: 'true' }, reason: 'opaque_refused' },
    { change: { active: 1 }, reason: 'opaque_refused' },
    { change: { aud: 'other' }, reason: 'jwt_aud_mismatch' },
    { change: { aud: undefined }, reason: 'jwt_aud_missing' },
    { change: { iss: 'https://other.example' }, reason: 'jwt_iss_unknown' },
    { change: { iss: undefined }, reason: 'jwt_iss_unknown' },
    { change: { exp: 1 }, reason: 'jwt_expired' },
    { change: { exp: undefined }, reason: 'allow' },
    { change: { sub: '' }, reason: 'jwt_sub_invalid' },
    { change: { token_use: 'id' }, reason: 'jwt_type_wrong' },
    { change: { cnf: {} }, reason: 'jwt_cnf_unsupported' },
  ])('J-33: $change -> $reason', async ({ change, reason }) => {
    provider.introspects('x', { ...good(), ...change })
    expect(outcome(await open().verifyOpaque('x'))).toBe(reason)
  })

  test('an endpoint that is down refuses, and says try again', async () => {
    const { verifyOpaque } = open()
    provider.introspects('y', good())
    provider.fail('reset', 'introspection')
    expect(await verifyOpaque('y')).toMatchObject({ problem: 'provider-unavailable', because: 'jwks_unavailable' })
    provider.recover()
    expect(outcome(await verifyOpaque('y'))).toBe('allow')
  })

  test('AT-062: an override sends tokens of three parts there, by claims that are believed for nothing else', async () => {
    const overrides = [{ iss: [provider.issuer], clientId: undefined, scope: ['svc:*'], aud: undefined }]
    const { reason } = open({ overrides, takesOpaque: false })
    const matching = provider.token({ scope: 'openid svc:a' })
    expect(await reason(matching)).toBe('opaque_refused')
    expect(provider.counters).toMatchObject({ introspection: 1, jwks: 0 })
    expect(await reason(provider.token({ scope: 'openid' }))).toBe('allow')
    expect(provider.counters.introspection).toBe(1)
  })
})

describe('AT-062, AT-063: routing overrides', () => {
  const rule = (selectors: object) => [
    { iss: ['i'], clientId: undefined, scope: undefined, aud: undefined, ...selectors },
  ]

  test.each([
    { claims: { iss: 'i' }, selectors: {}, matches: true },
    { claims: { iss: 'I' }, selectors: {}, matches: false },
    { claims: {}, selectors: {}, matches: false },
    { claims: { iss: 'i', scope: 'a svc:x' }, selectors: { scope: ['svc:*'] }, matches: true },
    { claims: { iss: 'i', scope: ['a', 'svc:x'] }, selectors: { scope: ['svc:*'] }, matches: true },
    { claims: { iss: 'i', aud: 'a svc:x' }, selectors: { aud: ['svc:*'] }, matches: false },
    { claims: { iss: 'i', aud: 'a svc:x' }, selectors: { aud: ['*svc:*'] }, matches: false },
    { claims: { iss: 'i', aud: 'a svc:x' }, selectors: { aud: ['a svc:x'] }, matches: true },
    { claims: { iss: 'i', aud: ['x', 'svc:x'] }, selectors: { aud: ['SVC:*'] }, matches: false },
    { claims: { iss: 'i', client_id: 7 }, selectors: { clientId: ['7'] }, matches: true },
    { claims: { iss: 'i', client_id: 'app' }, selectors: { clientId: ['ap?'], aud: ['x'] }, matches: false },
    { claims: { iss: 'https://x/a' }, selectors: { iss: ['https://*'] }, matches: true },
  ])('$claims by $selectors: $matches', ({ claims, selectors, matches }) => {
    expect(matchesOverride(claims, rule(selectors))).toBe(matches)
  })
})
