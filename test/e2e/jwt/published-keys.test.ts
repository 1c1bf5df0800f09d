import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SigningAlgorithm } from '../../../src/domain/token-settings.ts'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { TestKey } from '../../support/raw-token.ts'
import { SIGNING_ALGORITHMS, makeKey, rawToken, signToken } from '../../support/raw-token.ts'
import { accountOf, chat, chatOnce } from './support/asks.ts'
import { newUser } from './support/people.ts'
import { refused } from './support/refused.ts'
import type { Town } from './support/town.ts'
import { openTown } from './support/town.ts'

const PEOPLE = { user_id_jwt_field: 'sub', user_id_upsert: true }
const good = makeKey('ES256', { kid: 'good' })
const rsa = makeKey('RS256', { kid: 'rsa' })
const small = makeKey('RS256', { kid: 'small', bits: 1_024 })
const twin = makeKey('RS256', { kid: 'twin' })
const ed = makeKey('EdDSA', { kid: 'ed' })

/** Published under these names, each with a token that its holder could sign. */
const BAD: readonly { readonly kid: string; readonly jwk: object; readonly key: TestKey; readonly reason: string }[] = [
  ['1024 bits', small.jwk, small],
  ['exponent 1', { ...rsa.jwk, e: 'AQ' }, rsa],
  ['exponent 3', { ...rsa.jwk, e: 'Aw' }, rsa],
  ['an even exponent', { ...rsa.jwk, e: 'AQAA' }, rsa],
  ['private members', { ...rsa.privateKey.export({ format: 'jwk' }) }, rsa],
  ['for encryption', { ...rsa.jwk, use: 'enc' }, rsa],
  ['for encryption by key_ops', { ...rsa.jwk, use: undefined, key_ops: ['encrypt', 'wrapKey'] }, rsa],
  ['with key_ops of another type', { ...rsa.jwk, key_ops: 'verify' }, rsa],
  ['with a padded modulus', { ...rsa.jwk, n: `${String(rsa.jwk['n'])}=` }, rsa],
  ['off the curve', { ...good.jwk, y: good.jwk['x'] }, good],
  ['at another curve', { ...good.jwk, crv: 'P-384' }, good],
  ['of no curve that we take', { ...good.jwk, crv: 'secp256k1' }, good],
  ['for an algorithm of another kind', { ...rsa.jwk, alg: 'ES256' }, rsa],
  ['for an algorithm that does not sign', { ...rsa.jwk, alg: 'RSA-OAEP-256' }, rsa],
  ['for HMAC', { ...rsa.jwk, alg: 'HS256' }, rsa],
  ['with a bad point', { ...ed.jwk, x: 'AAAA' }, ed],
  ['for exchange, not signatures', { ...ed.jwk, crv: 'X25519' }, ed],
].map(([kid, jwk, key]) => {
  const named = { ...(key as TestKey), kid: kid as string }
  return { kid: kid as string, jwk: { ...(jwk as object), kid }, key: named, reason: 'jwt_key_unusable' }
})

let idp: IdentityProvider
let town: Town

beforeAll(async () => {
  idp = await startIdentityProvider({ keys: [good] })
  const secret = { kty: 'oct', kid: 'secret', k: Buffer.from('secret'.repeat(8)).toString('base64url') }
  const nonsense = [null, 'prose', {}, { kid: 'nothing' }, { kty: 'RSA', kid: 'no modulus' }, { kty: 7, kid: 7 }]
  const { alg: _rsa, use: _use, ...plain } = rsa.jwk
  idp.publish({
    keys: [
      ...BAD.map(({ jwk }) => jwk),
      secret,
      ...nonsense,
      { ...plain, kid: 'plain' },
      { ...plain, kid: 'pss', alg: 'PS256' },
      { ...twin.jwk, kid: 'double' },
      { ...rsa.jwk, kid: 'double' },
      good.jwk,
    ],
  })
  town = await openTown({ idp, auth: PEOPLE })
})

afterAll(async () => {
  await town.close()
  await idp.stop()
})

const token = (key: TestKey, algorithm: SigningAlgorithm = key.alg): string =>
  rawToken({
    header: { alg: algorithm, kid: key.kid, typ: 'at+jwt' },
    payload: { ...idp.claims(), sub: 'honest' },
    key,
    algorithm,
  })

describe('AC-029, J-12: what a provider should not publish', () => {
  test.each(BAD)('a key $kid verifies nothing', async ({ key, reason }) => {
    await refused(town, token(key), reason)
  })

  test('a shared secret verifies nothing, by HMAC or otherwise', async () => {
    const header = { alg: 'HS256', kid: 'secret', typ: 'at+jwt' }
    const hmac = { alg: 'HS256', secret: 'secret'.repeat(8) } as const
    await refused(town, rawToken({ header, payload: idp.claims(), hmac }), 'jwt_alg_not_allowed')
    await refused(
      town,
      rawToken({ header: { ...header, alg: 'RS256' }, payload: idp.claims(), hmac }),
      'jwt_key_unusable',
    )
  })

  test('two keys of one name verify nothing, neither of them', async () => {
    for (const key of [twin, rsa]) await refused(town, token({ ...key, kid: 'double' }), 'jwt_key_ambiguous')
  })

  test('a metric counts them by what is wrong, and the fetches', async () => {
    expect((await chat(town, token(good))).status).toBe(200)
    const { text } = await town.master.get('/metrics')
    expect(text).toMatch(/^jwks_key_dropped\{why="rsa_exponent"\} [1-9]/m)
    expect(text).toMatch(/^latchkey_jwks_fetches_total\{outcome="keys"\} [1-9]/m)
  })

  test('the good key beside them goes on, and the operator hears of what is dangerous', async () => {
    expect((await chat(town, token(good))).status).toBe(200)
    const said = (): string => town.gateway.stdout() + town.gateway.stderr()
    for (const why of ['private_members', 'symmetric', 'rsa_size', 'rsa_exponent', 'not_on_curve'])
      await expect.poll(said).toContain(why)
    expect(said()).not.toContain(Buffer.from('secret'.repeat(8)).toString('base64url'))
  })
})

describe('AC-030, J-10: one key, one algorithm', () => {
  test.each(SIGNING_ALGORITHMS.filter((alg) => /^[RP]S/.test(alg)))('%s by RSA keys', async (alg) => {
    for (const [kid, own] of [
      ['plain', 'RS256'],
      ['pss', 'PS256'],
    ] as const) {
      const asked = token({ ...rsa, kid }, alg)
      if (alg === own) expect((await chat(town, asked)).status).toBe(200)
      else await refused(town, asked, 'jwt_alg_key_mismatch', 'jwt_alg_not_allowed')
    }
  })

  test('a narrower list of the operator', async () => {
    const auth = {
      ...PEOPLE,
      issuers: [{ issuer: idp.issuer, audience: 'gw', jwks_url: idp.jwksUrl, algorithms: ['ES256'] }],
    }
    const narrow = await openTown({ idp, auth })
    try {
      expect((await chat(narrow, token(good))).status).toBe(200)
      await refused(narrow, token({ ...rsa, kid: 'plain' }), 'jwt_alg_not_allowed')
      await refused(narrow, token({ ...rsa, kid: 'pss' }, 'PS256'), 'jwt_alg_not_allowed')
    } finally {
      await narrow.close()
    }
  })
})

describe('AC-038: each token by all of it', () => {
  test('tokens that begin alike', async () => {
    const pad = 'x'.repeat(600)
    const users = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const sub = await newUser(town)
        const alike = signToken({ key: good, header: { pad }, claims: { pad, ...idp.claims(), sub } })
        return [sub, (await accountOf(town, await chat(town, alike))).user]
      }),
    )
    for (const [sub, user] of users) expect(user).toBe(sub)
    expect(new Set(users.map(([, user]) => user)).size).toBe(200)
  })

  test('a forged one beside the good one that is remembered', async () => {
    const sub = await newUser(town)
    const real = signToken({ key: good, claims: { ...idp.claims(), sub } })
    expect((await chat(town, real)).status).toBe(200)
    const bytes = Buffer.from(real.split('.')[2] ?? '', 'base64url')
    for (let at = 0; at < bytes.length; at += 7) {
      const other = Buffer.from(bytes)
      other[at] = (other[at] ?? 0) ^ 1
      await refused(town, `${real.split('.', 2).join('.')}.${other.toString('base64url')}`, 'jwt_sig_invalid')
    }
    const last = Buffer.from(bytes)
    last[last.length - 1] = (last.at(-1) ?? 0) ^ 128
    await refused(town, `${real.split('.', 2).join('.')}.${last.toString('base64url')}`, 'jwt_sig_invalid')
    expect((await chatOnce(town, real)).status).toBe(200)
  })

  test('another audience counts from the start with it', async () => {
    const known = signToken({ key: good, claims: { ...idp.claims(), sub: 'honest' } })
    expect((await chat(town, known)).status).toBe(200)
    const other = await openTown({ idp, auth: PEOPLE, env: { JWT_AUDIENCE: 'gw-2' }, databaseUrl: town.databaseUrl })
    try {
      await refused(other, known, 'jwt_aud_mismatch')
      expect(
        (await chat(other, signToken({ key: good, claims: { ...idp.claims(), aud: 'gw-2', sub: 'honest' } }))).status,
      ).toBe(200)
    } finally {
      await other.close()
    }
  })
})
