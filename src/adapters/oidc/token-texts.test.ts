import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentityProvider } from '../../../test/support/identity-provider.ts'
import type { IdentityProvider } from '../../../test/support/identity-provider.ts'
import { openVerifier, profileOf, settingsOf } from '../../../test/support/open-verifier.ts'
import { makeKey, signToken } from '../../../test/support/raw-token.ts'
import { epochMs } from '../../domain/ids.ts'
import type { TokenSettings } from '../../domain/token-settings.ts'

let provider: IdentityProvider

beforeAll(async () => {
  provider = await startIdentityProvider()
})

afterAll(() => provider.stop())

const NOW = epochMs(Date.now())
const SECONDS = Math.trunc(NOW / 1000)
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const open = (changes: Partial<TokenSettings> = {}) =>
  openVerifier(settingsOf({ issuers: [profileOf(provider)], ...changes })).texts
const userInfo = () => ({ url: provider.jwksUrl, ttlSeconds: 60, profile: profileOf(provider) })

describe('J-31: what a token is refused by, and for how long', () => {
  test('what is signed of it names it, until it ends and a minute longer', () => {
    const token = provider.token({ exp: SECONDS + 300 })
    const signedDigest = sha256(token.slice(0, token.lastIndexOf('.')))
    expect(open().nameToken(token, NOW)).toEqual({ signedDigest, endsAt: (SECONDS + 360) * 1000 })
    const twin = `${token.slice(0, token.lastIndexOf('.'))}.AAAA`
    expect(open().nameToken(twin, NOW)?.signedDigest).toBe(signedDigest)
  })

  test('the verifier names it the same way', async () => {
    const token = provider.token()
    const verified = await openVerifier(settingsOf({ issuers: [profileOf(provider)] })).verify(token)
    if (verified.verdict === 'deny') throw new Error(verified.because)
    expect(open().nameToken(token, NOW)?.signedDigest).toBe(verified.granted.signedDigest)
  })

  test('an end that is not said, or never comes, is none', () => {
    for (const exp of [undefined, 8e15]) expect(open().nameToken(provider.token({ exp }), NOW)?.endsAt).toBeUndefined()
  })

  test.each([
    ['an opaque text', () => 'opaque'],
    ['no JSON', () => 'a.b.c'],
    ['a time that is none', () => provider.token({ exp: 'soon' })],
    ['an unknown issuer', () => provider.token({ iss: 'https://nobody.example' })],
    ['no issuer', () => provider.token({ iss: undefined })],
    ['too long a text', () => provider.token({ filler: 'x'.repeat(13_000) })],
    [
      'a flaw of its header',
      () => signToken({ key: makeKey('RS256'), claims: { iss: provider.issuer }, header: { crit: ['x'] } }),
    ],
  ])('%s names nothing that would be taken', (_, make) => {
    expect(open().nameToken(make(), NOW)).toBeUndefined()
  })

  test('a provider that is switched off may come back', () => {
    const texts = open({ issuers: [profileOf(provider, { isDisabled: true })] })
    expect(texts.nameToken(provider.token(), NOW)).toBeDefined()
    expect(texts.longestLife(provider.issuer)).toBe(86_430)
  })

  test('where opaque tokens are taken, all of one names it, and nobody says when it ends', () => {
    const texts = open({ userInfo: userInfo() })
    expect(texts.nameToken('opaque', NOW)).toEqual({ signedDigest: sha256('opaque'), endsAt: undefined })
    for (const text of ['', 'two words', 'Ω', 'x'.repeat(12_289)]) expect(texts.nameToken(text, NOW)).toBeUndefined()
  })

  test('a token lives as long as its issuer lets it; any token, as long as the longest', () => {
    const short = profileOf(provider, { id: 'b', issuer: 'https://b.example', maxLifetimeSeconds: 60 })
    const texts = open({ issuers: [profileOf(provider), short] })
    expect([texts.longestLife('https://b.example'), texts.longestLife(provider.issuer), texts.longestLife()]).toEqual([
      90, 86_430, 86_430,
    ])
    expect(texts.longestLife('https://B.example')).toBeUndefined()
    expect(texts.longestLife('')).toBeUndefined()
  })

  test('where tokens need not say when they end, that cannot be said', () => {
    const lenient = profileOf(provider, { requiresExp: false })
    expect(open({ issuers: [lenient] }).longestLife(provider.issuer)).toBe('endless')
    expect(open({ userInfo: userInfo() }).longestLife(provider.issuer)).toBe('endless')
    expect(open({ userInfo: userInfo() }).longestLife('https://b.example')).toBeUndefined()
    expect(open({ userInfo: userInfo() }).longestLife()).toBe('endless')
  })
})
