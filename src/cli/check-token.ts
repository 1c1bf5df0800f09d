import type { Decision, Denied } from '../domain/decision.ts'
import type { EpochMs } from '../domain/ids.ts'
import type { MappedClaim } from '../domain/key-mapping.ts'
import type { TokenFacts, VerifiedToken } from '../domain/token-facts.ts'
import type { TokenPolicy, TokenProfile, TokenSettings } from '../domain/token-settings.ts'
import { isTakenForJwt } from '../journey/2-authenticate/verify-credential.ts'
import { readMappedClaim } from '../journey/3-identify/read-mapped-claim.ts'
import { decideTokenAtBest } from '../journey/4-authorise/decide-token-at-best.ts'
import type { TokenVerifier } from '../ports/token-verifier.ts'

/** What a look at one token needs of the world. */
export interface TokenTools {
  readToken(name: string): Promise<string>
  openVerifier(tokens: TokenSettings): TokenVerifier & { close(): Promise<void> }
  readFacts(token: VerifiedToken, policy: TokenPolicy): Decision<TokenFacts>
  now(): EpochMs
}

export type TokenReport =
  | {
      readonly is: 'accepted'
      readonly token: VerifiedToken
      readonly facts: TokenFacts
      /** By which it may stand for a key. */
      readonly keyClaim: MappedClaim | undefined
    }
  /** Proven, and yet what it says cannot be used. */
  | { readonly is: 'unusable'; readonly token: VerifiedToken; readonly denied: Denied }
  /** `profile` is the one that its unproven issuer chooses. */
  | { readonly is: 'refused'; readonly profile: TokenProfile | undefined; readonly denied: Denied }
  | { readonly is: 'not-a-case'; readonly because: string }

/** What a start with these settings would make of the token. Asks the providers, and nothing else. */
export async function checkToken(
  text: string,
  tokens: TokenSettings | undefined,
  tools: TokenTools,
): Promise<TokenReport> {
  const token = text.trim().replace(/^bearer +/i, '')
  if (token === '') return { is: 'not-a-case', because: 'There is no token in it.' }
  if (token.startsWith('sk-')) return { is: 'not-a-case', because: 'This is a virtual key, and not a token.' }
  if (tokens === undefined)
    return { is: 'not-a-case', because: 'This configuration takes no tokens: enable_jwt_auth is not true.' }

  const verifier = tools.openVerifier(tokens)
  try {
    const isJwt = isTakenForJwt(token, verifier)
    if (!isJwt && verifier.verifyOpaque === undefined) {
      const because = 'It has not the three parts of a JWT, and opaque tokens are not taken: see oidc_userinfo_enabled.'
      return { is: 'not-a-case', because }
    }
    const now = tools.now()
    const verified = await (isJwt ? verifier.verifyJwt(token, now) : verifier.verifyOpaque?.(token, now))
    if (verified === undefined) return { is: 'not-a-case', because: 'Opaque tokens are not taken.' }
    if (verified.verdict === 'deny') {
      const profile = isJwt ? profileOf(token, tokens) : opaqueProfile(tokens)
      return { is: 'refused', profile, denied: verified }
    }
    return judge(verified.granted, tokens.policy, tools)
  } finally {
    await verifier.close()
  }
}

/** What it says, if that is good for any request at all. */
function judge(token: VerifiedToken, policy: TokenPolicy, tools: TokenTools): TokenReport {
  const read = tools.readFacts(token, policy)
  if (read.verdict === 'deny') return { is: 'unusable', token, denied: read }
  const facts = read.granted
  const keyClaim = policy.keyMapping === undefined ? undefined : readMappedClaim(token, policy.keyMapping)
  const usable = decideTokenAtBest(token, { facts, claim: keyClaim }, policy)
  return usable.verdict === 'deny'
    ? { is: 'unusable', token, denied: usable }
    : { is: 'accepted', token, facts, keyClaim }
}

function opaqueProfile({ introspection, userInfo }: TokenSettings): TokenProfile | undefined {
  return introspection?.takesOpaque === true ? introspection.profile : userInfo?.profile
}

/** For the report alone: nothing is decided by what an unproven token says. */
function profileOf(token: string, { issuers, shared }: TokenSettings): TokenProfile | undefined {
  const issuer = unprovenIssuer(token)
  const listed = issuers.find((profile) => issuer !== undefined && isNamed(issuer, profile))
  return listed ?? shared
}

function isNamed(issuer: string, profile: TokenProfile): boolean {
  if (profile.issuer === issuer) return true
  return profile.tenants?.ids.some((id) => profile.issuer?.replace('{tenantid}', () => id) === issuer) ?? false
}

function unprovenIssuer(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    const isObject = typeof claims === 'object' && claims !== null
    return isObject && 'iss' in claims && typeof claims.iss === 'string' ? claims.iss : undefined
  } catch {
    return undefined
  }
}
