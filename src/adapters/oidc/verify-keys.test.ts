import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentityProvider } from '../../../test/support/identity-provider.ts'
import type { IdentityProvider } from '../../../test/support/identity-provider.ts'
import { openVerifier, profileOf, settingsOf } from '../../../test/support/open-verifier.ts'
import { SIGNING_ALGORITHMS, makeKey, rawToken, signToken } from '../../../test/support/raw-token.ts'
import type { TestKey } from '../../../test/support/raw-token.ts'
import { certificate } from '../../../test/support/certificate.ts'
import { hasWeakPrimes } from './weak-primes.ts'

let one: IdentityProvider
let two: IdentityProvider
const same = makeKey('RS256', { kid: 'k' })
const other = makeKey('RS256', { kid: 'k' })

beforeAll(async () => {
  one = await startIdentityProvider()
  two = await startIdentityProvider({ keys: [other] })
})

afterAll(() => Promise.all([one.stop(), two.stop()]))

test.each(SIGNING_ALGORITHMS)('AT-028: %s', async (alg) => {
  const { reason } = openVerifier(settingsOf({ issuers: [profileOf(one)] }))
  expect(await reason(one.token({}, { alg }))).toBe('allow')
})

test('RFC 9864: Ed25519 is a name of EdDSA', async () => {
  const { reason } = openVerifier(settingsOf({ issuers: [profileOf(one)] }))
  expect(await reason(one.token({}, { alg: 'EdDSA', header: { alg: 'Ed25519' } }))).toBe('allow')
})

test('an algorithm that the profile leaves out is refused, however good the key', async () => {
  const { reason } = openVerifier(settingsOf({ issuers: [profileOf(one, { algorithms: ['RS256'] })] }))
  expect(await reason(one.token({}, { alg: 'ES256' }))).toBe('jwt_alg_not_allowed')
})

describe('AC-021, AC-023, AT-035, AT-053, AT-055: issuers', () => {
  test('are compared code unit for code unit', async () => {
    const profile = profileOf(one, { issuer: 'https://idp.example/a' })
    const { reason } = openVerifier(settingsOf({ issuers: [profile] }))
    expect(await reason(one.token({ iss: 'https://idp.example/a' }))).toBe('allow')
    for (const iss of [
      'https://idp.example/a/',
      'https://IDP.example/a',
      'https://idp.example:443/a',
      'http://idp.example/a',
    ])
      expect(await reason(one.token({ iss }))).toBe('jwt_iss_unknown')
    expect(await reason(one.token({ iss: 'https://idp.example/%61' }))).toBe('jwt_iss_unknown')
    expect(await reason(one.token({ iss: ['https://idp.example/a'] }))).toBe('jwt_iss_type')
    expect(await reason(one.token({ iss: null }))).toBe('jwt_iss_type')
    expect(await reason(one.token({ iss: undefined }))).toBe('jwt_iss_missing')
    expect(await reason(one.token({ iss: '' }))).toBe('jwt_iss_missing')
  })

  test('have keys of their own, also under the same kid', async () => {
    const { reason } = openVerifier(settingsOf({ issuers: [profileOf(one), profileOf(two)] }))
    expect(await reason(signToken({ claims: two.claims(), key: other }))).toBe('allow')
    expect(await reason(signToken({ claims: two.claims(), key: same }))).toBe('jwt_sig_invalid')
    expect(await reason(signToken({ claims: one.claims(), key: other }))).toBe('jwt_kid_unknown')
  })

  test('that are switched off are refused', async () => {
    const { reason } = openVerifier(settingsOf({ issuers: [profileOf(one, { isDisabled: true })] }))
    expect(await reason(one.token())).toBe('jwt_provider_disabled')
  })

  test('with tenants hold those that are listed, and a token tells one tenant only', async () => {
    const tenants = { claim: 'tid', ids: ['t1', 't2'] }
    const profile = profileOf(one, { issuer: 'https://login.example/{tenantid}/v2.0', tenants })
    const { reason } = openVerifier(settingsOf({ issuers: [profile] }))
    const said = (iss: string, tid: unknown) => reason(one.token({ iss: `https://login.example/${iss}/v2.0`, tid }))
    expect(await said('t1', 't1')).toBe('allow')
    expect(await said('t1', 't2')).toBe('jwt_tenant_denied')
    expect(await said('t1', undefined)).toBe('jwt_tenant_denied')
    expect(await said('t3', 't3')).toBe('jwt_tenant_denied')
    expect(await said('{tenantid}', '{tenantid}')).toBe('jwt_tenant_denied')
    expect(await reason(one.token({ iss: 'https://other.example/t1/v2.0' }))).toBe('jwt_iss_unknown')
  })

  test('AT-037: without issuer and audience any token of the keys is taken, and nothing else is asked of it', async () => {
    const shared = profileOf(one, { id: 'shared', issuer: undefined, audiences: undefined })
    const { verify, reason } = openVerifier(settingsOf({ shared }))
    expect(await verify(one.token({ iss: 'anybody', aud: undefined }))).toMatchObject({
      granted: { issuer: 'anybody' },
    })
    expect(await verify(one.token({ iss: undefined }))).toMatchObject({ granted: { issuer: '' } })
    expect(await reason(one.token({ iss: 7 }))).toBe('jwt_iss_type')
  })
})

const claims = () => ({ ...two.claims(), iss: two.issuer })

async function with_(keys: readonly unknown[], key: TestKey, header = {}, algorithm = key.alg): Promise<string> {
  two.publish({ keys })
  const { reason } = openVerifier(settingsOf({ issuers: [profileOf(two)] }))
  const named = key.kid === undefined ? {} : { kid: key.kid }
  return reason(rawToken({ header: { alg: algorithm, ...named, ...header }, payload: claims(), key, algorithm }))
}

describe('AC-029, AC-030, AC-031: what is published', () => {
  const good = makeKey('ES256', { kid: 'good' })
  const rsa = makeKey('RS256', { kid: 'bad' })

  test.each([
    { name: '1024 bits', jwk: makeKey('RS256', { kid: 'bad', bits: 1_024 }).jwk },
    { name: 'exponent 1', jwk: { ...rsa.jwk, e: 'AQ' } },
    { name: 'exponent 3', jwk: { ...rsa.jwk, e: 'Aw' } },
    { name: 'a huge exponent', jwk: { ...rsa.jwk, e: 'AQAAAAE' } },
    { name: 'a secret', jwk: { kty: 'oct', kid: 'bad', k: 'c2VjcmV0' } },
    { name: 'private members', jwk: { ...rsa.privateKey.export({ format: 'jwk' }), kid: 'bad' } },
    { name: 'use enc', jwk: { ...rsa.jwk, use: 'enc' } },
    { name: 'key_ops without verify', jwk: { ...rsa.jwk, key_ops: ['encrypt'] } },
    { name: 'an algorithm of another kind', jwk: { ...rsa.jwk, alg: 'ES256' } },
    { name: 'an algorithm for encryption', jwk: { ...rsa.jwk, alg: 'RSA-OAEP' } },
    { name: 'padding in a member', jwk: { ...rsa.jwk, n: `${String(rsa.jwk['n'])}==` } },
    { name: 'another curve', jwk: { ...good.jwk, kid: 'bad', crv: 'secp256k1' } },
    { name: 'off the curve', jwk: { ...good.jwk, kid: 'bad', y: good.jwk['x'] } },
  ])('$name: not usable, and the others go on', async ({ jwk }) => {
    expect(await with_([jwk, good.jwk], rsa)).toBe('jwt_key_unusable')
    expect(await with_([jwk, good.jwk], good)).toBe('allow')
  })

  test.each([[null], ['a key'], [7], [[]], [{}]])('%j among the keys: the others go on', async (other) => {
    two.publish({ keys: [other, good.jwk] })
    const { reason, counted } = openVerifier(settingsOf({ issuers: [profileOf(two)] }))
    expect(await reason(signToken({ claims: claims(), key: good }))).toBe('allow')
    expect(counted.some((each) => each.startsWith('dropped '))).toBe(true)
  })

  test('two keys of one name are nobody’s, unless they are the same', async () => {
    const twin = makeKey('RS256', { kid: 'bad' })
    expect(await with_([rsa.jwk, twin.jwk, good.jwk], rsa)).toBe('jwt_key_ambiguous')
    expect(await with_([rsa.jwk, twin.jwk, rsa.jwk, good.jwk], rsa)).toBe('jwt_key_ambiguous')
    expect(await with_([rsa.jwk, twin.jwk, good.jwk], good)).toBe('allow')
    expect(await with_([rsa.jwk, rsa.jwk], rsa)).toBe('allow')
  })

  test('a key has one algorithm: its own, or RS256', async () => {
    const { alg: _, ...plain } = rsa.jwk
    expect(await with_([plain], rsa)).toBe('allow')
    for (const alg of ['PS256', 'RS384', 'RS512'] as const)
      expect(await with_([plain], rsa, {}, alg)).toBe('jwt_alg_key_mismatch')
    expect(await with_([{ ...plain, alg: 'PS256' }], rsa, {}, 'PS256')).toBe('allow')
    expect(await with_([{ ...plain, alg: 'PS256' }], rsa)).toBe('jwt_alg_key_mismatch')
    expect(await with_([good.jwk], good, { alg: 'RS256' })).toBe('jwt_alg_key_mismatch')
  })

  test('AT-040: a token without kid leads to a key where there is just one that is usable', async () => {
    const unnamed = makeKey('RS256')
    expect(await with_([unnamed.jwk], unnamed)).toBe('allow')
    expect(await with_([rsa.jwk, good.jwk], rsa, { kid: undefined })).toBe('jwt_kid_required')
    expect(await with_([rsa.jwk, { ...good.jwk, use: 'enc' }], rsa, { kid: undefined })).toBe('allow')
    expect(await with_([unnamed.jwk], unnamed, { kid: 'x' })).toBe('jwt_kid_unknown')
    expect(await with_([], unnamed)).toBe('jwt_kid_required')
  })

  test('a document that is a key is a set of one', async () => {
    two.publish({ ...rsa.jwk })
    const { reason } = openVerifier(settingsOf({ issuers: [profileOf(two)] }))
    expect(await reason(signToken({ claims: claims(), key: rsa }))).toBe('allow')
  })

  test('the operator hears of keys that should not be there', async () => {
    two.publish({ keys: [rsa.privateKey.export({ format: 'jwk' }), good.jwk] })
    const { reason, logged, counted } = openVerifier(settingsOf({ issuers: [profileOf(two)] }))
    expect(await reason(signToken({ claims: claims(), key: good }))).toBe('allow')
    expect(counted).toContain('dropped private_members')
    expect(logged).toContainEqual(expect.objectContaining({ level: 'error', message: 'a published key is not used' }))
  })
})

test('J-12: primes of the known weak form', () => {
  const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101]
  const more = [103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167]
  const product = [...primes, ...more].reduce((all, prime) => all * BigInt(prime), 1n)
  const power = (exponent: number) => 65_537n ** BigInt(exponent) % product
  expect(hasWeakPrimes((7n * product + power(12)) * (9n * product + power(31)))).toBe(true)
  for (let i = 0; i < 3; i += 1) {
    const { n } = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' })
    expect(hasWeakPrimes(BigInt(`0x${Buffer.from(String(n), 'base64url').toString('hex')}`))).toBe(false)
  }
})

describe('keys that the operator wrote down', () => {
  const key = makeKey('RS256', { kid: 'any' })
  const withPem = (pem: string) =>
    openVerifier(settingsOf({ issuers: [profileOf(one, { keys: [{ kind: 'pem', pem }] })] }))

  test('verify what they signed, whatever the kid', async () => {
    const { reason } = withPem(key.publicKey.export({ type: 'spki', format: 'pem' }).toString())
    expect(await reason(signToken({ claims: one.claims(), key }))).toBe('allow')
    expect(await reason(one.token())).toBe('jwt_sig_invalid')
  })

  test('4.11: a certificate counts while it is valid', async () => {
    const day = 86_400_000
    const during = withPem(certificate(key, Date.now() - day, Date.now() + day))
    const token = signToken({ claims: one.claims(), key })
    expect(await during.reason(token)).toBe('allow')
    during.pass(2 * 86_400)
    expect(await during.reason(token)).toBe('jwt_key_unusable')
    expect(await withPem(certificate(key, Date.now() + day, Date.now() + 2 * day)).reason(token)).toBe(
      'jwt_key_unusable',
    )
  })

  test('and are nothing where they can’t be read', async () => {
    expect(await withPem('-----BEGIN CERTIFICATE-----\nx\n').reason(one.token())).toBe('jwt_key_unusable')
  })
})

describe('AT-038, AT-039, AT-041, AT-042, AT-054: where keys come from', () => {
  test('several sets: the first that has the key is final', async () => {
    two.publish([other])
    const keys = [one.jwksUrl, two.jwksUrl].map((url) => ({ kind: 'jwks', url }) as const)
    const shared = profileOf(one, { id: 'shared', issuer: undefined, keys })
    const { reason, verify } = openVerifier(settingsOf({ shared }))
    expect(await reason(signToken({ claims: two.claims(), key: other }))).toBe('allow')
    const refused = await verify(one.token({}, { header: { kid: 'nobody' } }))
    expect(refused).toMatchObject({ because: 'jwt_kid_unknown', problem: 'token-refused' })
    expect(refused).toMatchObject({ say: 'Authentication Error, No matching public key found. kid=nobody' })
  })

  test('AT-043: no set is fetched anew for a key that another one has', async () => {
    two.publish([other])
    const keys = [one.jwksUrl, two.jwksUrl].map((url) => ({ kind: 'jwks', url }) as const)
    const { reason, asked } = openVerifier(settingsOf({ shared: profileOf(two, { issuer: undefined, keys }) }))
    for (const jti of ['1', '2', '3'])
      expect(await reason(signToken({ claims: { ...two.claims(), jti }, key: other }))).toBe('allow')
    expect(asked.map(({ url }) => url)).toEqual([one.jwksUrl, two.jwksUrl])
    expect(await reason(signToken({ claims: two.claims(), key: makeKey('ES256', { kid: 'x' }) }))).toBe(
      'jwt_kid_unknown',
    )
    expect(asked.map(({ url }) => url)).toEqual([one.jwksUrl, two.jwksUrl, one.jwksUrl, two.jwksUrl])
  })

  test('one set out of reach counts only where no other has the key', async () => {
    two.publish([other])
    const keys = ['http://127.0.0.1:1/jwks', two.jwksUrl].map((url) => ({ kind: 'jwks', url }) as const)
    const { reason } = openVerifier(settingsOf({ shared: profileOf(two, { issuer: undefined, keys }) }))
    expect(await reason(signToken({ claims: two.claims(), key: other }))).toBe('allow')
    expect(await reason(signToken({ claims: two.claims(), key: makeKey('ES256', { kid: 'x' }) }))).toBe(
      'jwks_unavailable',
    )
  })

  const discovered = (changes = {}) =>
    openVerifier(
      settingsOf({
        issuers: [profileOf(one, { keys: [{ kind: 'discovery', url: one.discoveryUrl, hosts: [] }], ...changes })],
      }),
    )

  test('a discovery document leads to them', async () => {
    one.discover({})
    const { reason, asked } = discovered()
    expect(await reason(one.token())).toBe('allow')
    expect(asked.map(({ url }) => url)).toEqual([one.discoveryUrl, one.jwksUrl])
  })

  test.each([
    { members: { jwks_uri: undefined }, say: "does not contain a 'jwks_uri' field." },
    { members: { issuer: 'https://other.example' }, say: 'names another issuer.' },
    { members: { jwks_uri: 'https://other.example/keys' }, say: "has a 'jwks_uri' on a host that is not listed." },
    { members: { jwks_uri: 'keys' }, say: "has a 'jwks_uri' that is not a URL." },
  ])('unless it says $members', async ({ members, say }) => {
    one.discover(members)
    const refused = await discovered().verify(one.token())
    expect(refused).toMatchObject({ problem: 'token-refused', because: 'jwks_unavailable' })
    expect(refused).toMatchObject({ say: `Authentication Error, JWT Auth: OIDC discovery document ${say}` })
    one.discover({})
  })

  test('an issuer with a slash at its end has it in the token too', async () => {
    const slashed = await startIdentityProvider({ issuerPath: '/' })
    const { reason } = openVerifier(
      settingsOf({
        issuers: [profileOf(slashed, { keys: [{ kind: 'discovery', url: slashed.discoveryUrl, hosts: [] }] })],
      }),
    )
    expect(await reason(slashed.token())).toBe('allow')
    expect(await reason(slashed.token({ iss: slashed.issuer.slice(0, -1) }))).toBe('jwt_iss_unknown')
    await slashed.stop()
  })
})
