import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ANY_CHARACTER } from '../../../test/support/any-character.ts'
import { startIdentityProvider } from '../../../test/support/identity-provider.ts'
import type { IdentityProvider } from '../../../test/support/identity-provider.ts'
import { openVerifier, profileOf, settingsOf } from '../../../test/support/open-verifier.ts'
import { SIGNING_ALGORITHMS, makeKey, part, rawToken, signToken } from '../../../test/support/raw-token.ts'
import { PROBLEMS } from '../../domain/problem.ts'
import type { SigningAlgorithm } from '../../domain/token-settings.ts'

let provider: IdentityProvider
/** A good token by each algorithm. Signatures by RSA are dear, and what is made of one is a token of its own. */
let good: ReadonlyMap<SigningAlgorithm, string>

beforeAll(async () => {
  provider = await startIdentityProvider()
  good = new Map(SIGNING_ALGORITHMS.map((alg) => [alg, provider.token({}, { alg })]))
})

afterAll(() => provider.stop())

const open = () => openVerifier(settingsOf({ issuers: [profileOf(provider, { requiresTyp: true })] }))
const goodToken = fc.constantFrom(...SIGNING_ALGORITHMS).map((alg) => good.get(alg) ?? '')
const ALPHABET = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')

test('a good token by each algorithm is one', async () => {
  const { reason } = open()
  for (const token of good.values()) expect(await reason(token)).toBe('allow')
})

test('no character of a good token can be another one', async () => {
  const { reason } = open()
  await fc.assert(
    fc.asyncProperty(
      goodToken,
      fc.nat(),
      fc.constantFrom(...ALPHABET, '.', '=', ' ', '+', '\u00e9'),
      async (token, at, by) => {
        const place = at % token.length
        fc.pre(token[place] !== by)
        expect(await reason(`${token.slice(0, place)}${by}${token.slice(place + 1)}`)).not.toBe('allow')
      },
    ),
    { numRuns: 400 },
  )
})

test('no character can be added or left out', async () => {
  const { reason } = open()
  await fc.assert(
    fc.asyncProperty(goodToken, fc.nat(), fc.constantFrom(...ALPHABET), async (token, at, added) => {
      const place = at % (token.length + 1)
      expect(await reason(`${token.slice(0, place)}${added}${token.slice(place)}`)).not.toBe('allow')
      expect(
        await reason(`${token.slice(0, place)}${token.slice(place + 1)}${place === token.length ? 'A' : ''}`),
      ).not.toBe('allow')
    }),
    { numRuns: 200 },
  )
})

const BAD = [null, '', 0, -1, true, [], {}, '\u0000', 'x'.repeat(300), [''], ['gw', 7], 2 ** 60, 1e300]

test.each(['iss', 'aud', 'exp', 'sub'])('a token of our own provider with a bad %s is refused', async (name) => {
  const { reason } = open()
  for (const value of BAD)
    expect([value, await reason(provider.token({ [name]: value }))]).not.toEqual([value, 'allow'])
  expect(await reason(provider.token({ [name]: undefined }))).not.toBe('allow')
})

test.each(['alg', 'typ', 'kid'])('and so is one with a bad header member %s', async (name) => {
  const { reason } = open()
  for (const value of [...BAD, undefined]) {
    expect([value, await reason(provider.token({}, { header: { [name]: value } }))]).not.toEqual([value, 'allow'])
  }
})

test('no key of ours verifies what another algorithm or another key signed', async () => {
  const { reason } = open()
  for (const claimed of SIGNING_ALGORITHMS)
    for (const used of SIGNING_ALGORITHMS) {
      const header = { alg: claimed, kid: provider.keys[claimed].kid, typ: 'at+jwt' }
      const token = rawToken({ header, payload: provider.claims(), key: provider.keys[used], algorithm: used })
      expect([claimed, used, await reason(token)]).toEqual([
        claimed,
        used,
        claimed === used ? 'allow' : 'jwt_sig_invalid',
      ])
    }
  for (const alg of SIGNING_ALGORITHMS) {
    const key = makeKey(alg, { kid: alg.toLowerCase(), ...(/^[RP]S/.test(alg) ? { of: STRANGER } : {}) })
    expect(await reason(signToken({ claims: provider.claims(), key }))).toBe('jwt_sig_invalid')
  }
})

const STRANGER = makeKey('RS256')

test('signatures of wrong length, of nothing and of zeros', async () => {
  const { reason } = open()
  for (const alg of SIGNING_ALGORITHMS) {
    const [head, body, signature = ''] = provider.token({}, { alg }).split('.')
    const bytes = Buffer.from(signature, 'base64url')
    for (const bad of [
      Buffer.alloc(bytes.length),
      Buffer.alloc(bytes.length, 255),
      bytes.subarray(1),
      Buffer.concat([bytes, Buffer.of(0)]),
      Buffer.concat([Buffer.of(0), bytes]),
      Buffer.of(0),
    ])
      expect(await reason(`${head}.${body}.${part(bad)}`)).toBe('jwt_sig_invalid')
  }
})

test('INV-25: whatever comes is answered by a refusal of 4xx, without throwing', async () => {
  const { verify, verifyOpaque } = openVerifier(
    settingsOf({
      issuers: [profileOf(provider)],
      userInfo: { url: provider.userinfoUrl, ttlSeconds: 60, profile: profileOf(provider) },
    }),
  )
  const json = fc.oneof(fc.json(), fc.string(), fc.uint8Array())
  const signed = fc
    .record({ header: json, payload: json })
    .map((parts) => rawToken({ ...parts, key: provider.keys.ES256 }))
  const known = fc
    .dictionary(fc.constantFrom('iss', 'aud', 'exp', 'nbf', 'iat', 'sub', 'typ', 'cnf', 'nonce'), fc.jsonValue())
    .map((claims) => provider.token(claims, { alg: 'ES256' }))
  const headed = fc
    .dictionary(fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'zip', 'x5c'), fc.jsonValue())
    .map((header) => provider.token({}, { alg: 'ES256', header }))
  const anything = fc.oneof(fc.string(), fc.string({ unit: ANY_CHARACTER }), signed, known, headed)
  await fc.assert(
    fc.asyncProperty(anything, async (token) => {
      for (const answer of [await verify(token), await verifyOpaque(token)])
        if (answer.verdict === 'deny') expect(PROBLEMS[answer.problem].status).toBe(401)
    }),
    { numRuns: 600 },
  )
})

test.each(['RS256', 'PS256'] as const)(
  'INV-08 %s: a signature without its leading zero is another form',
  async (alg) => {
    const { reason } = open()
    for (let number = 0; ; number += 1) {
      const [head, body, signature = ''] = provider.token({ jti: String(number) }, { alg }).split('.')
      const bytes = Buffer.from(signature, 'base64url')
      if (bytes[0] !== 0) continue
      expect(await reason(`${head}.${body}.${part(bytes.subarray(1))}`)).toBe('jwt_sig_invalid')
      return
    }
  },
)
