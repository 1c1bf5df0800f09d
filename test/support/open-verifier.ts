import { onTestFinished } from 'vitest'
import { openDocumentGetter } from '../../src/adapters/outbound-http/document-getter.ts'
import { openTokenVerifier } from '../../src/adapters/oidc/open-token-verifier.ts'
import type { Decision } from '../../src/domain/decision.ts'
import { epochMs } from '../../src/domain/ids.ts'
import type { VerifiedToken } from '../../src/domain/token-facts.ts'
import type { TokenPolicy, TokenProfile, TokenSettings } from '../../src/domain/token-settings.ts'
import type { DocumentAsk } from '../../src/ports/document-getter.ts'
import type { TokenTexts } from '../../src/ports/token-verifier.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { SIGNING_ALGORITHMS } from './raw-token.ts'
import { makeProfile } from './token-makers.ts'

/** A profile as a plain configuration makes it, for tokens of this provider. */
export function profileOf(provider: IdentityProvider, changes: Partial<TokenProfile> = {}): TokenProfile {
  const { issuer, audience, jwksUrl: url } = provider
  return makeProfile(
    { userId: 'sub' },
    {
      id: issuer,
      issuer,
      audiences: [audience],
      keys: [{ kind: 'jwks', url }],
      algorithms: SIGNING_ALGORITHMS,
      trustsUserIds: false,
      ...changes,
    },
  )
}

/** The verifier never looks at it. */
const POLICY = {} as TokenPolicy

export function settingsOf(changes: Partial<TokenSettings>): TokenSettings {
  return {
    issuers: [],
    shared: undefined,
    userInfo: undefined,
    introspection: undefined,
    policy: POLICY,
    keyTtlSeconds: 300,
    keyStaleSeconds: 3_600,
    ...changes,
  }
}

export interface OpenVerifier {
  /** What the verifier says now, sync or not. */
  readonly verify: (token: string) => Promise<Decision<VerifiedToken>>
  readonly verifyOpaque: (token: string) => Promise<Decision<VerifiedToken>>
  /** `allow`, or the reason of the refusal. */
  readonly reason: (token: string) => Promise<string>
  /** Whether the answer came without a promise. */
  readonly isImmediate: (token: string) => boolean
  readonly pass: (seconds: number) => void
  readonly texts: TokenTexts
  readonly logged: { level: string; message: string; facts: Readonly<Record<string, unknown>> }[]
  readonly asked: DocumentAsk[]
  readonly counted: string[]
  /** Milliseconds between attempts. */
  readonly waits: number[]
}

/** A verifier on real sockets, at a time that the test moves. Closed with the test. */
export function openVerifier(settings: TokenSettings): OpenVerifier {
  const getter = openDocumentGetter()
  const asked: DocumentAsk[] = []
  const logged: OpenVerifier['logged'] = []
  const counted: string[] = []
  const waits: number[] = []
  let shiftMs = 0
  const now = () => epochMs(Date.now() + shiftMs)
  const logAt =
    (level: string) =>
    (message: string, facts: Readonly<Record<string, unknown>> = {}) =>
      void logged.push({ level, message, facts })
  const verifier = openTokenVerifier({
    settings,
    getter: {
      get(ask) {
        asked.push(ask)
        return getter.get(ask)
      },
      close: () => getter.close(),
    },
    log: { info: logAt('info'), warn: logAt('warn'), error: logAt('error') },
    fraction: () => 0.5,
    observer: {
      fetched: (outcome) => void counted.push(`fetched ${outcome}`),
      dropped: (why) => void counted.push(`dropped ${why}`),
    },
    wait: async (ms) => void waits.push(ms),
  })
  onTestFinished(() => verifier.close())
  const reasonOf = (decision: Decision<VerifiedToken>) => (decision.verdict === 'allow' ? 'allow' : decision.because)
  return {
    verify: async (token) => verifier.verifyJwt(token, now()),
    verifyOpaque: async (token) => {
      if (verifier.verifyOpaque === undefined) throw new Error('opaque tokens are not taken')
      return verifier.verifyOpaque(token, now())
    },
    reason: async (token) => reasonOf(await verifier.verifyJwt(token, now())),
    isImmediate: (token) => !(verifier.verifyJwt(token, now()) instanceof Promise),
    pass: (seconds) => {
      shiftMs += seconds * 1000
    },
    texts: verifier.texts,
    logged,
    asked,
    counted,
    waits,
  }
}
