import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs, parseUserId } from './ids.ts'
import { revocableNames, revocationName, signedText } from './token-revocation.ts'

const ADA = parseUserId('ada')
if (ADA === undefined) throw new Error('ada is an id')
const ISSUER = 'https://a.example'
const NOW = epochMs(0)

describe('J-31: what a token is revoked by', () => {
  test('INV-08: of three parts the signature does not count; of anything else, all does', () => {
    expect(signedText('head.body.one')).toBe('head.body')
    expect(signedText('head.body.two')).toBe('head.body')
    for (const opaque of ['opaque', 'two.parts', 'a.b.c.d', 'a.b.c.d.e', '']) expect(signedText(opaque)).toBe(opaque)
  })

  test('each name of a token is the name of one target', () => {
    const token = { signedDigest: 'd', issuer: ISSUER, claims: { jti: 'j', sub: 's' } }
    expect(revocableNames(token, 'mapped', ADA)).toEqual([
      revocationName({ is: 'token', digest: 'd' }),
      revocationName({ is: 'jti', issuer: ISSUER, jti: 'j' }),
      revocationName({ is: 'subject', issuer: ISSUER, subject: 'mapped', issuedBefore: NOW }),
      revocationName({ is: 'subject', issuer: ISSUER, subject: 's', issuedBefore: NOW }),
      revocationName({ is: 'user', userId: ADA, issuedBefore: NOW }),
    ])
    expect(revocableNames(token, 's', undefined)).toHaveLength(3)
  })

  test('what no revocation can name is none of them', () => {
    const names = (issuer: string, claims: object): readonly string[] =>
      revocableNames({ signedDigest: '', issuer, claims: { ...claims } }, undefined, undefined)
    for (const jti of [7, null, ['j'], { j: 1 }, true, 'x'.repeat(256), 'a\0b', '\ud800']) {
      expect(names(ISSUER, { jti }), JSON.stringify(jti)).toEqual([])
    }
    expect(names(`${ISSUER}\nx`, { jti: 'j', sub: 's' })).toEqual([])
  })

  test('no two of (issuer, jti) have one name', () => {
    const issuer = fc.string().filter((text) => !text.includes('\n'))
    fc.assert(
      fc.property(issuer, fc.string(), issuer, fc.string(), (one, jti, other, another) => {
        const isSame = one === other && jti === another
        const [first, second] = [
          revocationName({ is: 'jti', issuer: one, jti }),
          revocationName({ is: 'jti', issuer: other, jti: another }),
        ]
        expect(first === second).toBe(isSame)
      }),
    )
  })
})
