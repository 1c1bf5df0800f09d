import { rowFor } from '../domain/access-table.ts'
import type { Decision, Denied } from '../domain/decision.ts'
import type { EpochMs } from '../domain/ids.ts'
import { Problem } from '../domain/problem.ts'
import type { TokenFacts, VerifiedToken } from '../domain/token-facts.ts'
import type { TokenPolicy, TokenProfile, TokenSettings } from '../domain/token-settings.ts'
import { decideToken } from '../journey/4-authorise/decide-token.ts'
import type { TokenVerifier } from '../ports/token-verifier.ts'

/** What a look at one token needs of the world. */
export interface TokenTools {
  readToken(name: string): Promise<string>
  openVerifier(tokens: TokenSettings): TokenVerifier & { close(): Promise<void> }
  readFacts(token: VerifiedToken, policy: TokenPolicy): Decision<TokenFacts>
  now(): EpochMs
}

export type TokenReport =
  | { readonly is: 'accepted'; readonly token: VerifiedToken; readonly facts: TokenFacts }
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
    const isJwt = token.split('.').length === 3
    if (!isJwt && verifier.verifyOpaque === undefined) {
      const because = 'It has not the three parts of a JWT, and opaque tokens are not taken: see oidc_userinfo_enabled.'
      return { is: 'not-a-case', because }
    }
    const now = tools.now()
    const verified = await (isJwt ? verifier.verifyJwt(token, now) : verifier.verifyOpaque?.(token, now))
    if (verified === undefined) return { is: 'not-a-case', because: 'Opaque tokens are not taken.' }
    if (verified.verdict === 'deny') return { is: 'refused', profile: profileOf(token, tokens), denied: verified }
    const facts = readUsable(verified.granted, tokens.policy, tools)
    return facts.verdict === 'deny'
      ? { is: 'unusable', token: verified.granted, denied: facts }
      : { is: 'accepted', token: verified.granted, facts: facts.granted }
  } finally {
    await verifier.close()
  }
}

/** What it says, if that is good for any route at all. */
function readUsable(token: VerifiedToken, policy: TokenPolicy, tools: TokenTools): Decision<TokenFacts> {
  const facts = tools.readFacts(token, policy)
  if (facts.verdict === 'deny') return facts
  const row = rowFor('POST', CHAT)
  if (row === undefined) throw new Problem('fault')
  const anyRoute = { ...policy, adminRoutes: [CHAT], rolePermissions: [] }
  return decideToken(token, facts.granted, anyRoute, { path: CHAT, row })
}

const CHAT = '/v1/chat/completions'

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
