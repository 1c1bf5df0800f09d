import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentityProvider } from '../../../test/support/identity-provider.ts'
import type { IdentityProvider } from '../../../test/support/identity-provider.ts'
import { openVerifier, profileOf, settingsOf } from '../../../test/support/open-verifier.ts'
import type { OpenVerifier } from '../../../test/support/open-verifier.ts'
import { rawToken } from '../../../test/support/raw-token.ts'
import { PROBLEMS } from '../../domain/problem.ts'
import type { TokenProfile } from '../../domain/token-settings.ts'

let provider: IdentityProvider

beforeAll(async () => {
  provider = await startIdentityProvider()
})

afterAll(() => provider.stop())

const open = (changes: Partial<TokenProfile> = {}): OpenVerifier =>
  openVerifier(settingsOf({ issuers: [profileOf(provider, changes)] }))
const now = () => Math.floor(Date.now() / 1000)

/** Claims written by hand, for what JSON.stringify would not write. */
function withText(name: string, text: string): string {
  const { [name]: _, ...claims } = provider.claims() as Record<string, unknown>
  const payload = `{"${name}":${text},${JSON.stringify(claims).slice(1)}`
  return rawToken({ header: { alg: 'RS256', kid: 'rs256' }, payload, key: provider.keys.RS256 })
}

describe('AC-016, AC-017, AC-019: exp', () => {
  test.each([
    { text: '"1999999999"', reason: 'jwt_time_type' },
    { text: 'null', reason: 'jwt_time_type' },
    { text: 'true', reason: 'jwt_time_type' },
    { text: '1e400', reason: 'jwt_time_type' },
    { text: '-1', reason: 'jwt_time_type' },
    { text: '0', reason: 'jwt_time_type' },
    { text: String(2 ** 60), reason: 'jwt_time_type' },
    { text: '[1]', reason: 'jwt_time_type' },
    { text: '1', reason: 'jwt_expired' },
  ])('$text -> $reason', async ({ text, reason }) => {
    expect(await open().reason(withText('exp', text))).toBe(reason)
  })

  test.each([
    { exp: undefined, reason: 'jwt_exp_missing' },
    { exp: 1.5, reason: 'allow' },
    { exp: -28, reason: 'allow' },
    { exp: -31, reason: 'jwt_expired' },
    { exp: 315_360_000, reason: 'jwt_lifetime' },
  ])('AT-033: now + $exp -> $reason', async ({ exp, reason }) => {
    const at = now()
    expect(await open().reason(provider.token({ exp: exp === undefined ? undefined : at + exp, iat: at - 60 }))).toBe(
      reason,
    )
  })

  test('a long life is one by what the token says of its beginning, too', async () => {
    expect(await open().reason(provider.token({ iat: now() - 86_400 }))).toBe('jwt_lifetime')
    expect(await open({ maxLifetimeSeconds: 600 }).reason(provider.token({ exp: now() + 700 }))).toBe('jwt_lifetime')
  })

  test('an operator may do without', async () => {
    expect(await open({ requiresExp: false }).reason(provider.token({ exp: undefined }))).toBe('allow')
    expect(await open({ requiresExp: false }).reason(provider.token({ exp: null }))).toBe('jwt_time_type')
  })

  test('AT-031: the answer for an expired token is the compatible one', async () => {
    const refused = await open().verify(provider.token({ exp: now() - 31, iat: now() - 60 }))
    if (refused.verdict === 'allow') throw new Error('expired')
    expect(PROBLEMS[refused.problem]).toMatchObject({
      status: 401,
      type: 'expired_key',
      param: null,
      say: 'Token Expired',
    })
    expect(refused.say).toBeUndefined()
  })
})

describe('AC-018, AT-032: nbf and iat', () => {
  test.each([
    { claims: { nbf: 60 }, reason: 'jwt_not_yet_valid' },
    { claims: { nbf: 28 }, reason: 'allow' },
    { claims: { nbf: 33 }, reason: 'jwt_not_yet_valid' },
    { claims: { iat: 3_600, exp: 4_000 }, reason: 'jwt_iat_future' },
    { claims: { iat: 20, exp: 10 }, reason: 'jwt_time_inconsistent' },
    { claims: { nbf: 20, iat: 0, exp: 20 }, reason: 'jwt_time_inconsistent' },
  ])('$claims from now -> $reason', async ({ claims, reason }) => {
    const at = now()
    const shifted = Object.fromEntries(Object.entries(claims).map(([name, seconds]) => [name, at + seconds]))
    expect(await open().reason(provider.token(shifted))).toBe(reason)
  })

  test('never anything but a number', async () => {
    const { reason } = open()
    expect(await reason(withText('nbf', '-1e400'))).toBe('jwt_time_type')
    expect(await reason(withText('nbf', '"1"'))).toBe('jwt_time_type')
    expect(await reason(withText('iat', '"x"'))).toBe('jwt_time_type')
    expect(await reason(withText('iat', 'null'))).toBe('jwt_time_type')
  })

  test('a token that comes too early is good as soon as its time has come', async () => {
    const { reason, pass } = open()
    const token = provider.token({ nbf: now() + 32 })
    expect(await reason(token)).toBe('jwt_not_yet_valid')
    pass(3)
    expect(await reason(token)).toBe('allow')
  })
})

test.each([
  { aud: undefined, reason: 'jwt_aud_missing' },
  { aud: '', reason: 'jwt_aud_type' },
  { aud: [], reason: 'jwt_aud_type' },
  { aud: ['other'], reason: 'jwt_aud_mismatch' },
  { aud: ['gw2'], reason: 'jwt_aud_mismatch' },
  { aud: 'gwx', reason: 'jwt_aud_mismatch' },
  { aud: 'GW', reason: 'jwt_aud_mismatch' },
  { aud: ['gw', 1], reason: 'jwt_aud_type' },
  { aud: ['gw', ''], reason: 'jwt_aud_type' },
  { aud: { gw: 1 }, reason: 'jwt_aud_type' },
  { aud: null, reason: 'jwt_aud_type' },
  { aud: Array.from({ length: 33 }, () => 'gw'), reason: 'jwt_aud_type' },
  { aud: 'gw', reason: 'allow' },
  { aud: ['gw'], reason: 'allow' },
  { aud: ['x', 'gw'], reason: 'allow' },
])('AC-020, AT-034, AT-052: aud $aud -> $reason', async ({ aud, reason }) => {
  expect(await open().reason(provider.token({ aud }))).toBe(reason)
})

test.each([
  { claims: {}, reason: 'jwt_azp_denied' },
  { claims: { azp: 'other' }, reason: 'jwt_azp_denied' },
  { claims: { azp: ['app'] }, reason: 'jwt_azp_denied' },
  { claims: { azp: 'app', client_id: 'other' }, reason: 'jwt_azp_denied' },
  { claims: { azp: 'app' }, reason: 'allow' },
  { claims: { client_id: 'app' }, reason: 'allow' },
])('J-20: of the clients [app], $claims -> $reason', async ({ claims, reason }) => {
  expect(await open({ clients: ['app'] }).reason(provider.token(claims))).toBe(reason)
})

test.each([
  { sub: 7, reason: 'jwt_sub_invalid' },
  { sub: null, reason: 'jwt_sub_invalid' },
  { sub: '', reason: 'jwt_sub_invalid' },
  { sub: ' a', reason: 'jwt_sub_invalid' },
  { sub: 'a ', reason: 'jwt_sub_invalid' },
  { sub: 'a\u0000', reason: 'jwt_sub_invalid' },
  { sub: 'x'.repeat(256), reason: 'jwt_sub_invalid' },
  { sub: '\u00e9'.repeat(128), reason: 'jwt_sub_invalid' },
  { sub: { id: 'a' }, reason: 'jwt_sub_invalid' },
  { sub: undefined, reason: 'jwt_sub_missing' },
  { sub: 'x'.repeat(255), reason: 'allow' },
  { sub: 'Zo\u0065\u0301', reason: 'allow' },
])('AC-024: sub $sub -> $reason', async ({ sub, reason }) => {
  expect(await open().reason(provider.token({ sub }))).toBe(reason)
})

test('a machine needs no subject where people are named by another claim, but no bad one either', async () => {
  const { fields } = profileOf(provider)
  const { reason } = open({
    fields: { ...fields, userId: { path: ['oid'], text: 'oid', setting: 'user_id_jwt_field' } },
  })
  expect(await reason(provider.token({ sub: undefined }))).toBe('allow')
  expect(await reason(provider.token({ sub: ' ' }))).toBe('jwt_sub_invalid')
})

test('D-01: an audience that is not checked is the operator’s word', async () => {
  const { reason } = open({ audiences: undefined })
  expect(await reason(provider.token({ aud: 'any' }))).toBe('allow')
  expect(await reason(provider.token({ aud: undefined }))).toBe('allow')
  expect(await reason(provider.token({ iss: 'other' }))).toBe('jwt_iss_unknown')
})

describe('AC-026, AC-027, AC-028: kinds of tokens', () => {
  test.each([
    { nonce: 'n' },
    { at_hash: 'x' },
    { c_hash: 'x' },
    { events: {} },
    { typ: 'ID' },
    { typ: 'Refresh' },
    { typ: 'Offline' },
    { typ: 'Logout' },
    { token_use: 'id' },
  ])('claims of another kind: %o', async (claims) => {
    expect(await open().reason(provider.token(claims))).toBe('jwt_type_wrong')
  })

  test('ID tokens by an explicit word only, and nothing else by it', async () => {
    const { reason } = open({ acceptsIdTokens: true })
    expect(await reason(provider.token({ nonce: 'n', typ: 'ID' }))).toBe('allow')
    expect(await reason(provider.token({ events: {} }))).toBe('jwt_type_wrong')
    expect(await reason(provider.token({ typ: 'Refresh' }))).toBe('jwt_type_wrong')
  })

  test.each([
    { typ: 'application/at+jwt', plain: 'allow', strict: 'allow' },
    { typ: 'AT+JWT', plain: 'allow', strict: 'allow' },
    { typ: 'JWT', plain: 'allow', strict: 'jwt_type_wrong' },
    { typ: undefined, plain: 'allow', strict: 'jwt_type_wrong' },
    { typ: 'at+jwt;x=1', plain: 'jwt_type_wrong', strict: 'jwt_type_wrong' },
    { typ: 'jwt+at', plain: 'jwt_type_wrong', strict: 'jwt_type_wrong' },
    { typ: 'dpop+jwt', plain: 'jwt_type_wrong', strict: 'jwt_type_wrong' },
    { typ: 'logout+jwt', plain: 'jwt_type_wrong', strict: 'jwt_type_wrong' },
    { typ: '', plain: 'jwt_type_wrong', strict: 'jwt_type_wrong' },
    { typ: 7, plain: 'jwt_type_wrong', strict: 'jwt_type_wrong' },
  ])('typ $typ', async ({ typ, plain, strict }) => {
    const token = provider.token({}, { header: { typ } })
    expect(await open().reason(token)).toBe(plain)
    expect(await open({ requiresTyp: true }).reason(token)).toBe(strict)
  })

  test('a token that is bound to a key is no bearer token', async () => {
    expect(await open().reason(provider.token({ cnf: { jkt: 'x' } }))).toBe('jwt_cnf_unsupported')
  })
})

describe('J-24: conditions', () => {
  const conditions: TokenProfile['conditions'] = [
    { claim: ['env'], is: 'equals', value: 'prod' },
    { claim: ['realm', 'tier'], is: 'one-of', values: [1, 2] },
    { claim: ['scope'], is: 'contains', value: 'gw' },
    { claim: ['oid'], is: 'present' },
  ]
  const good = { env: 'prod', realm: { tier: 2 }, scope: 'openid gw', oid: 'x' }

  test.each([
    { change: {}, reason: 'allow' },
    { change: { env: 'dev' }, reason: 'jwt_claim_denied' },
    { change: { env: ['prod'] }, reason: 'jwt_claim_denied' },
    { change: { env: undefined }, reason: 'jwt_claim_missing' },
    { change: { realm: 'tier' }, reason: 'jwt_claim_missing' },
    { change: { realm: { tier: '2' } }, reason: 'jwt_claim_denied' },
    { change: { scope: ['gw'] }, reason: 'allow' },
    { change: { scope: 'gwx' }, reason: 'jwt_claim_denied' },
    { change: { oid: null }, reason: 'jwt_claim_missing' },
    { change: { oid: '' }, reason: 'jwt_claim_missing' },
    { change: { oid: [] }, reason: 'jwt_claim_missing' },
    { change: { oid: {} }, reason: 'jwt_claim_missing' },
    { change: { oid: ['x'] }, reason: 'allow' },
    { change: { oid: 0 }, reason: 'allow' },
    { change: { scope: [] }, reason: 'jwt_claim_missing' },
    { change: { oid: undefined, _claim_names: { oid: 'src1' } }, reason: 'jwt_claim_missing' },
  ])('$change -> $reason', async ({ change, reason }) => {
    expect(await open({ conditions }).reason(provider.token({ ...good, ...change }))).toBe(reason)
  })

  test('a refusal names the claim and not what it had to be', async () => {
    const refused = await open({ conditions }).verify(provider.token({ ...good, env: 'dev' }))
    expect(refused).toMatchObject({ say: 'Authentication Error, Validation fails: Invalid "env" claim' })
  })
})

test('the compatible sentences', async () => {
  const { verify } = open()
  const sentence = async (token: string) => {
    const refused = await verify(token)
    return refused.verdict === 'deny' ? refused.say : 'allow'
  }
  const fails = 'Authentication Error, Validation fails: '
  expect(await sentence(provider.token({ aud: 'x' }))).toBe(`${fails}Audience doesn't match`)
  expect(await sentence(provider.token({ aud: undefined }))).toBe(`${fails}Token is missing the "aud" claim`)
  expect(await sentence(provider.token({ iss: 'x' }))).toBe(`${fails}Invalid issuer`)
  expect(await sentence(provider.token({ nbf: now() + 90 }))).toBe(`${fails}The token is not yet valid (nbf)`)
  expect(await sentence(provider.token({}, { header: { alg: 'none' } }))).toBe(
    `${fails}The specified alg value is not allowed`,
  )
  const [head, , signature] = provider.token().split('.')
  const [, body] = provider.token({ admin: true }).split('.')
  expect(await sentence(`${head}.${body}.${signature}`)).toBe(`${fails}Signature verification failed`)
})
