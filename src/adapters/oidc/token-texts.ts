import type { Claims } from '../../domain/claims.ts'
import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { TokenProfile, TokenSettings } from '../../domain/token-settings.ts'
import type { NamedToken, TokenTexts } from '../../ports/token-verifier.ts'
import { endOf } from './check-times.ts'
import type { ChosenProfile } from './choose-profile.ts'
import { readToken } from './read-token.ts'
import type { TokenFlaw } from './refuse-token.ts'
import { signedDigestOf } from './signed-digest.ts'
import type { Witness } from './verify-opaque.ts'

export interface TextParts {
  readonly settings: Pick<TokenSettings, 'issuers' | 'shared'>
  readonly chooseProfile: (iss: Claims[string] | undefined) => ChosenProfile | TokenFlaw
  readonly maxBytes: number
  /** Whom tokens may be asked of that are no JWT. */
  readonly opaque: Witness | undefined
  /** Every provider that vouches for tokens which only it can read. */
  readonly witnesses: readonly Witness[]
  /** It is a JWT, and still the provider is asked. */
  readonly isAskedAbout: (claims: Claims) => boolean
}

/** The most that is ever allowed: what the operator sets now may be another thing tomorrow. */
const MOST_LEEWAY_MS = 60_000
const FAR_MS = 100 * 366 * 86_400_000

/** What can be said of tokens that are to be refused: those of a provider that is switched off may come back with it. */
export function createTokenTexts(parts: TextParts): TokenTexts {
  const { settings, chooseProfile, witnesses } = parts
  const profiles = [...settings.issuers, ...(settings.shared === undefined ? [] : [settings.shared])]

  return {
    nameToken: (text, now) => (text.split('.', 4).length === 3 ? nameJwt(text, now, parts) : nameOpaque(text, parts)),

    longestLife(issuer) {
      const vouching = witnesses.filter(({ profile }) => issuer === undefined || isOf(profile, issuer))
      if (vouching.length > 0) return 'endless'
      if (issuer === undefined) return longest(profiles)
      const chosen = chooseProfile(issuer)
      if (typeof chosen !== 'string') return longest([chosen.profile])
      return chosen === 'jwt_provider_disabled' ? longest(profiles) : undefined
    },
  }
}

function nameJwt(text: string, now: EpochMs, parts: TextParts): NamedToken | undefined {
  const read = readToken(text, parts.maxBytes)
  if (typeof read === 'string') return undefined
  const { claims } = read
  const signedDigest = signedDigestOf(text)
  if (parts.isAskedAbout(claims)) return { signedDigest, endsAt: undefined }
  const chosen = parts.chooseProfile(claims['iss'])
  if (typeof chosen === 'string' && chosen !== 'jwt_provider_disabled') return undefined
  const end = endOf(claims)
  if (end === undefined) return claims['exp'] === undefined ? { signedDigest, endsAt: undefined } : undefined
  return { signedDigest, endsAt: end > now + FAR_MS ? undefined : epochMs(end + MOST_LEEWAY_MS) }
}

function nameOpaque(text: string, { opaque }: TextParts): NamedToken | undefined {
  if (opaque === undefined || text.length > opaque.profile.maxTokenBytes) return undefined
  return /^[\u0021-\u007e]+$/.test(text) ? { signedDigest: signedDigestOf(text), endsAt: undefined } : undefined
}

function isOf({ issuer }: TokenProfile, name: string): boolean {
  return issuer === undefined || issuer === name
}

function longest(profiles: readonly TokenProfile[]): number | 'endless' | undefined {
  if (profiles.some(({ requiresExp }) => !requiresExp)) return 'endless'
  const lives = profiles.map(({ maxLifetimeSeconds, leewaySeconds }) => maxLifetimeSeconds + leewaySeconds)
  return lives.length === 0 ? undefined : Math.max(...lives)
}
