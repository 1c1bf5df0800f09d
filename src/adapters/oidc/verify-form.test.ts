import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentityProvider } from '../../../test/support/identity-provider.ts'
import type { IdentityProvider } from '../../../test/support/identity-provider.ts'
import { openVerifier, profileOf, settingsOf } from '../../../test/support/open-verifier.ts'
import { makeKey, part, rawToken, signToken } from '../../../test/support/raw-token.ts'

let provider: IdentityProvider

beforeAll(async () => {
  provider = await startIdentityProvider()
})

afterAll(() => provider.stop())

const open = () => openVerifier(settingsOf({ issuers: [profileOf(provider)] }))
const header = () => ({ alg: 'RS256', kid: 'rs256', typ: 'at+jwt' })

test('AC-001: a proper token is proven, and is the same object when it comes again', async () => {
  const { verify, isImmediate } = open()
  const token = provider.token({ team: 'T1' })
  expect(isImmediate(token)).toBe(false)
  const first = await verify(token)
  if (first.verdict === 'deny') throw new Error(first.because)
  expect(first.granted.claims).toMatchObject({ team: 'T1', sub: 'user-1' })
  expect(first.granted).toMatchObject({
    issuer: provider.issuer,
    via: 'jwt',
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(Object.getPrototypeOf(first.granted.claims)).toBeNull()
  expect(isImmediate(token)).toBe(true)
  expect(await verify(token)).toBe(first)
})

test('who comes with the same token meanwhile gets the same object', async () => {
  const { verify } = open()
  const token = provider.token()
  const answers = await Promise.all(Array.from({ length: 20 }, () => verify(token)))
  expect(new Set(answers).size).toBe(1)
})

test.each(['none', 'None', 'NONE', 'nOnE'])('AC-002: no algorithm, written %s', async (alg) => {
  const { reason } = open()
  const parts = { header: { ...header(), alg }, payload: provider.claims() }
  expect(await reason(rawToken({ ...parts, signature: 'c2ln' }))).toBe('jwt_alg_not_allowed')
  expect(await reason(rawToken(parts))).toBe('jwt_malformed')
})

test('AC-003: HMAC keyed with the public key in any form', async () => {
  const { reason } = open()
  const { publicKey, jwk } = provider.keys.RS256
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const texts = [pem, pem.replaceAll('\n', '\r\n'), pem.trimEnd(), ` ${pem}`, JSON.stringify(jwk)]
  const secrets = [...texts, publicKey.export({ type: 'spki', format: 'der' })]
  for (const alg of ['HS256', 'HS384', 'HS512'] as const)
    for (const secret of secrets) {
      const token = rawToken({ header: { ...header(), alg }, payload: provider.claims(), hmac: { alg, secret } })
      expect(await reason(token)).toBe('jwt_alg_not_allowed')
    }
})

test('AC-004, AC-005: keys in the header, also the right one, and nobody is asked for them', async () => {
  const { reason, asked } = open()
  const attacker = makeKey('RS256', { kid: 'mine' })
  for (const members of [
    { jwk: attacker.jwk },
    { jku: `${provider.origin}/attack` },
    { x5u: `${provider.origin}/attack` },
    { x5c: ['MIIB'] },
  ])
    expect(await reason(signToken({ header: members, claims: provider.claims(), key: attacker }))).toBe(
      'jwt_embedded_key',
    )
  expect(await reason(provider.token({}, { header: { jwk: provider.keys.RS256.jwk } }))).toBe('jwt_embedded_key')
  expect(asked).toEqual([])
})

test.each([
  { kid: '../../dev/null', reason: 'jwt_kid_unknown' },
  { kid: "' OR '1'='1", reason: 'jwt_kid_unknown' },
  { kid: '__proto__', reason: 'jwt_kid_unknown' },
  { kid: 'https://evil.example/keys', reason: 'jwt_kid_unknown' },
  { kid: 'k1\u0000', reason: 'jwt_kid_invalid' },
  { kid: 'a\nb', reason: 'jwt_kid_invalid' },
  { kid: '', reason: 'jwt_kid_invalid' },
  { kid: 'x'.repeat(257), reason: 'jwt_kid_invalid' },
  { kid: 7, reason: 'jwt_kid_invalid' },
  { kid: null, reason: 'jwt_kid_invalid' },
  { kid: ['rs256'], reason: 'jwt_kid_invalid' },
  { kid: 'x'.repeat(10_000), reason: 'jwt_too_large' },
])('AC-006: kid $kid', async ({ kid, reason }) => {
  expect(await open().reason(provider.token({}, { header: { kid } }))).toBe(reason)
})

test.each([
  { members: { crit: ['exp'] }, reason: 'jwt_crit_unsupported' },
  { members: { crit: [] }, reason: 'jwt_crit_unsupported' },
  { members: { crit: null }, reason: 'jwt_crit_unsupported' },
  { members: { crit: ['b64'], b64: true }, reason: 'jwt_crit_unsupported' },
  { members: { b64: false }, reason: 'jwt_b64_unsupported' },
  { members: { b64: true }, reason: 'jwt_b64_unsupported' },
  { members: { cty: 'JWT' }, reason: 'jwt_nested' },
  { members: { zip: 'DEF' }, reason: 'jwt_jwe_unsupported' },
  { members: { enc: 'A256GCM', p2c: 1_000_000_000 }, reason: 'jwt_jwe_unsupported' },
  { members: { alg: undefined }, reason: 'jwt_alg_missing' },
  { members: { alg: 256 }, reason: 'jwt_alg_missing' },
  { members: { alg: 'rs256' }, reason: 'jwt_alg_not_allowed' },
  { members: { x5t: 'abc', unknown: 1 }, reason: 'allow' },
])('AC-007, AC-008, AC-009: header $members -> $reason', async ({ members, reason }) => {
  expect(await open().reason(provider.token({}, { header: members }))).toBe(reason)
})

test('AC-008: five parts are not looked into', async () => {
  const { reason } = open()
  const head = part({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 1_000_000_000 })
  expect(await reason(`${head}.a.b.c.d`)).toBe('jwt_jwe_unsupported')
  expect(await reason(`${head}..b.c.d`)).toBe('jwt_jwe_unsupported')
})

describe('AC-010, AC-011: one spelling only', () => {
  test('of a token that is good otherwise', async () => {
    const { reason } = open()
    const token = provider.token()
    expect(await reason(token)).toBe('allow')
    const [head = '', body = '', signature = ''] = token.split('.')
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(signature.at(-1) ?? '')
    const unused = `${head}.${body}.${signature.slice(0, -1)}${alphabet[last ^ 1]}`
    expect(await reason(unused)).toBe('jwt_b64_noncanonical')
    expect(await reason(`${head}.${body}.${signature}A`)).toMatch(/^jwt_(?:b64_noncanonical|sig_invalid)$/)
    const standard = Buffer.from(signature, 'base64url').toString('base64').replaceAll('=', '')
    for (const bad of [`${token}=`, `${token}\n`, `${token} `, ` ${token}`, `${token}.`, `.${token}`, `"${token}"`, ''])
      expect(await reason(bad)).toBe('jwt_malformed')
    expect(await reason(`${head}.${body}.${standard.replace(/[A-Za-z0-9]/, '+')}`)).toBe('jwt_malformed')
  })

  test('and the JSON forms are none', async () => {
    const { reason } = open()
    const [head, body, signature] = provider.token().split('.')
    expect(await reason(JSON.stringify({ protected: head, payload: body, signature }))).toBe('jwt_malformed')
    const general = JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] })
    expect(await reason(general)).toBe('jwt_malformed')
  })
})

test('AC-012: long tokens are not looked into', async () => {
  const { reason } = open()
  const longest = provider.token({ pad: 'x'.repeat(8_000) })
  expect(await reason(longest)).toBe('allow')
  expect(await reason(`${longest}${'A'.repeat(12_289 - longest.length)}`)).toBe('jwt_too_large')
  expect(await reason('A'.repeat(1_000_000))).toBe('jwt_too_large')
  expect(await reason(provider.token({}, { header: { pad: 'x'.repeat(4_096) } }))).toBe('jwt_too_large')
})

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

test('AC-013: deep and wide claims', async () => {
  const settings = settingsOf({ issuers: [profileOf(provider, { maxTokenBytes: 65_536 })] })
  const { reason } = openVerifier(settings)
  const withText = (extra: string) => {
    const payload = `${JSON.stringify(provider.claims()).slice(0, -1)},"x":${extra}}`
    return rawToken({ header: header(), payload, key: provider.keys.RS256 })
  }
  expect(await reason(withText(nested(11)))).toBe('allow')
  expect(await reason(withText(nested(12)))).toBe('jwt_too_complex')
  expect(await reason(withText(nested(20_000)))).toBe('jwt_too_complex')
  expect(await reason(withText(JSON.stringify(Array.from({ length: 5_000 }, () => 'g'))))).toBe('jwt_too_complex')
  const many = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`c${i}`, 0]))
  expect(await reason(provider.token({ many }))).toBe('jwt_too_complex')
  expect(await reason(provider.token({ ['n'.repeat(257)]: 1 }))).toBe('jwt_too_complex')
})

test('AC-014, AC-015: texts that readers differ about', async () => {
  const { reason } = open()
  const claims = JSON.stringify(provider.claims())
  const rest = claims.slice(1)
  const key = provider.keys.RS256
  const said = (payload: string | Uint8Array) => reason(rawToken({ header: header(), payload, key }))
  expect(await said(claims)).toBe('allow')
  expect(await said(`{"sub":"victim",${rest}`)).toBe('jwt_json_duplicate')
  expect(await said(`{"s\\u0075b":"victim",${rest}`)).toBe('jwt_json_duplicate')
  expect(await said(`{"iss":"x",${rest}`)).toBe('jwt_json_duplicate')
  expect(await said(`{"exp":1,${rest}`)).toBe('jwt_json_duplicate')
  expect(await said(`{"role":{"a":[{"b":1,"b":2}]},${rest}`)).toBe('jwt_json_duplicate')
  const head = '{"alg":"none","alg":"RS256","kid":"rs256"}'
  expect(await reason(rawToken({ header: head, payload: claims, key }))).toBe('jwt_json_duplicate')
  for (const name of ['__proto__', 'prototype', 'constructor', '\\u005f_proto__'])
    expect(await said(`{"a":{"${name}":{}},${rest}`)).toBe('jwt_json_name')
  for (const bad of [
    `\ufeff${claims}`,
    `${claims}}`,
    `${claims} x`,
    `{"x":"\\ud800",${rest}`,
    `{"x":"a\nb",${rest}`,
    `{"x":01,${rest}`,
    `{"x":+1,${rest}`,
    `{"x":.5,${rest}`,
    `{"x":NaN,${rest}`,
    `{"x":1e400,${rest}`,
    `{"x":'a',${rest}`,
    `{/**/${rest}`,
    `${claims.slice(0, -1)},}`,
    `[${claims}]`,
    '"text"',
    'null',
  ])
    expect(await said(bad)).toBe('jwt_json')
  expect(await said(Buffer.from(claims, 'utf16le'))).toBe('jwt_json')
  expect(await said(Buffer.from(claims.replace('user-1', 'user-\u00ff'), 'latin1'))).toBe('jwt_json')
})
