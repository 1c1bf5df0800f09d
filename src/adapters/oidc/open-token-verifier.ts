import { hash } from 'node:crypto'
import type { Claims } from '../../domain/claims.ts'
import type { Decision } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { TokenProfile, TokenSettings } from '../../domain/token-settings.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import type { DocumentGetter } from '../../ports/document-getter.ts'
import type { KeySetObserver } from '../../ports/key-set-observer.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'
import type { ClaimJudge, TokenTexts, TokenVerifier } from '../../ports/token-verifier.ts'
import { profileChooser } from './choose-profile.ts'
import { introspectionWitness } from './introspection.ts'
import type { KeyStore } from './key-store.ts'
import { judgeClaims } from './judge-claims.ts'
import { matchesOverride } from './match-override.ts'
import { openPemKey } from './pem-key.ts'
import { readToken } from './read-token.ts'
import { NO_KEYS, refuseToken } from './refuse-token.ts'
import { RememberedTokens } from './remembered-tokens.ts'
import { RemoteKeys } from './remote-keys.ts'
import { createTokenTexts } from './token-texts.ts'
import { userInfoWitness } from './user-info.ts'
import { verifyJwt } from './verify-jwt.ts'
import { verifyByWitness } from './verify-opaque.ts'
import type { OpaqueToken, Witness } from './verify-opaque.ts'

export interface TokenVerifierOptions {
  readonly settings: TokenSettings
  /** Closed with the verifier. */
  readonly getter: DocumentGetter
  readonly log: OperatorLog
  /** From 0 up to 1. */
  readonly fraction: () => number
  readonly observer?: KeySetObserver
  /** Between attempts at a provider that cannot be reached. */
  readonly wait?: (ms: number) => Promise<void>
}

export interface OpenTokenVerifier extends TokenVerifier, ClaimJudge {
  readonly texts: TokenTexts
  close(): Promise<void>
}

type Answer = Decision<VerifiedToken> | Promise<Decision<VerifiedToken>>

/**
 * Proves tokens of identity providers. A token that was proven before costs a digest and a look-up; the rest is in
 * `readToken`, `verifyJwt` and `verifyByWitness`, in the order of the rules.
 */
export function openTokenVerifier(options: TokenVerifierOptions): OpenTokenVerifier {
  const { settings, getter } = options
  const remembered = new RememberedTokens()
  const flights = new Map<string, Promise<Decision<VerifiedToken>>>()
  const stores = new Map<TokenProfile, readonly KeyStore[]>()
  const profiles = [...settings.issuers, ...(settings.shared === undefined ? [] : [settings.shared])]
  for (const profile of profiles) stores.set(profile, openStores(profile, options))
  const storesOf = (profile: TokenProfile): readonly KeyStore[] => stores.get(profile) ?? []
  const parts = { chooseProfile: profileChooser(settings), storesOf, remembered }

  const introspection =
    settings.introspection === undefined ? undefined : introspectionWitness(settings.introspection, getter)
  const overrides = settings.introspection?.overrides ?? []
  const userInfo = settings.userInfo === undefined ? undefined : userInfoWitness(settings.userInfo, getter)
  const witness = settings.introspection?.takesOpaque === true ? introspection : userInfo
  const witnesses = [introspection, userInfo].filter((each) => each !== undefined)
  const vouched = [...profiles, ...witnesses.map(({ profile }) => profile)]
  const longest = Math.max(0, ...vouched.map(({ maxTokenBytes }) => maxTokenBytes))
  const isAskedAbout = (claims: Claims): boolean => introspection !== undefined && matchesOverride(claims, overrides)

  /** Who comes with the same token meanwhile waits for the same answer, so that it stays one object. */
  function once(key: string, go: () => Promise<Decision<VerifiedToken>>): Promise<Decision<VerifiedToken>> {
    const flight = flights.get(key)
    if (flight !== undefined) return flight
    const begun = go()
      .catch((error: unknown) => {
        options.log.error('a token could not be judged', { name: error instanceof Error ? error.name : 'unknown' })
        return refuseToken('jwt_malformed')
      })
      .finally(() => flights.delete(key))
    flights.set(key, begun)
    return begun
  }

  function ask(by: Witness, token: OpaqueToken, now: EpochMs): Answer {
    return once(token.memoryKey, () => verifyByWitness(token, now, by, remembered))
  }

  return {
    verifyJwt(token, now) {
      if (token.length > longest) return refuseToken('jwt_too_large')
      const digest = hash('sha256', token, 'hex')
      const known = remembered.recall(digest, now)
      if (known !== undefined) return known
      const read = readToken(token, longest)
      if (typeof read === 'string') return refuseToken(read)
      if (introspection !== undefined && isAskedAbout(read.claims))
        return ask(introspection, { text: token, digest, memoryKey: digest }, now)
      if (profiles.length === 0) return NO_KEYS
      return once(digest, () => verifyJwt(read, digest, now, parts))
    },

    verifyOpaque:
      witness === undefined
        ? undefined
        : (token, now) => {
            if (token.length > witness.profile.maxTokenBytes) return refuseToken('jwt_too_large')
            // It becomes a header as it is.
            if (!/^[\u0021-\u007e]+$/.test(token)) return refuseToken('jwt_malformed')
            const digest = hash('sha256', token, 'hex')
            const memoryKey = `opaque ${digest}`
            return remembered.recall(memoryKey, now) ?? ask(witness, { text: token, digest, memoryKey }, now)
          },

    judgeClaims: (claims, issuer, now) => judgeClaims({ claims, issuer, now }, parts.chooseProfile),

    profileOf(issuer) {
      const chosen = parts.chooseProfile(issuer)
      return typeof chosen === 'string' ? undefined : chosen.profile
    },

    shared: settings.shared,

    texts: createTokenTexts({
      settings,
      chooseProfile: parts.chooseProfile,
      maxBytes: longest,
      opaque: witness,
      witnesses,
      isAskedAbout,
    }),

    async close() {
      remembered.clear()
      await getter.close()
    },
  }
}

function openStores(profile: TokenProfile, options: TokenVerifierOptions): readonly KeyStore[] {
  const { settings, getter, log, fraction, observer = UNHEARD, wait = pause } = options
  return profile.keys.map((source) =>
    source.kind === 'pem'
      ? openPemKey(source.pem)
      : new RemoteKeys({
          source,
          issuer: profile.issuer,
          times: settings,
          getter,
          log,
          observer,
          wait,
          fraction,
        }),
  )
}

const UNHEARD: KeySetObserver = { fetched: () => {}, dropped: () => {} }

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
