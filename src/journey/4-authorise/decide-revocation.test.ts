import { expect, test } from 'vitest'
import { userId } from '../../../test/support/rows.ts'
import type { Claims } from '../../domain/claims.ts'
import { epochMs } from '../../domain/ids.ts'
import { stampedNew } from '../../domain/stamps.ts'
import type { TokenRevocation } from '../../domain/token-revocation.ts'
import { decideRevocation, standingAgainst } from './decide-revocation.ts'

const NOW = epochMs(1_000_000)
/** In the middle of a second. */
const INSTANT = epochMs(900_500)

const ISSUER = 'https://a.example'

function revocation(target: TokenRevocation['target'], endsAt?: number): TokenRevocation {
  const end = endsAt === undefined ? undefined : epochMs(endsAt)
  return { id: target.is, target, reason: undefined, endsAt: end, ...stampedNew('root', NOW) }
}

const ONE = revocation({ is: 'token', digest: 'd' })
const BY_JTI = revocation({ is: 'jti', issuer: ISSUER, jti: 'j' })
const OF_SUBJECT = revocation({ is: 'subject', issuer: ISSUER, subject: 's', issuedBefore: INSTANT })
const OF_USER = revocation({ is: 'user', userId: userId('ada'), issuedBefore: INSTANT })

test.each<{ name: string; claims: Claims; against: readonly TokenRevocation[]; because: string | undefined }>([
  { name: 'nothing against it', claims: {}, against: [], because: undefined },
  { name: 'the token itself', claims: { iat: 999 }, against: [ONE], because: 'jwt_revoked' },
  { name: 'its jti', claims: { iat: 999 }, against: [BY_JTI], because: 'jwt_revoked' },
  { name: 'issued before the instant', claims: { iat: 899 }, against: [OF_SUBJECT], because: 'jwt_revoked' },
  { name: 'in the second of it', claims: { iat: 900 }, against: [OF_SUBJECT], because: 'jwt_revoked' },
  { name: 'a fraction before it', claims: { iat: 900.499 }, against: [OF_USER], because: 'jwt_revoked' },
  { name: 'at the instant', claims: { iat: 900.5 }, against: [OF_USER], because: undefined },
  { name: 'after it', claims: { iat: 901 }, against: [OF_SUBJECT, OF_USER], because: undefined },
  { name: 'J-19: no iat', claims: {}, against: [OF_SUBJECT], because: 'jwt_iat_missing' },
  { name: 'no iat, and revoked by itself', claims: {}, against: [OF_USER, BY_JTI], because: 'jwt_revoked' },
])('J-31: $name', ({ claims, against, because }) => {
  const decision = decideRevocation({ claims }, against, NOW)
  expect(decision.verdict === 'deny' ? decision.because : undefined).toBe(because)
  expect(decision.verdict === 'deny').toBe(standingAgainst({ claims }, against, NOW).length > 0)
})

test('what has ended refuses nobody', () => {
  for (const { target } of [ONE, BY_JTI, OF_SUBJECT, OF_USER]) {
    expect(decideRevocation({ claims: {} }, [revocation(target, NOW)], NOW).verdict).toBe('allow')
    expect(decideRevocation({ claims: {} }, [revocation(target, NOW + 1)], NOW).verdict).toBe('deny')
  }
})
