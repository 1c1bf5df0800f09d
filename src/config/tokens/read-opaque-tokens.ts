import { parseClaimPath } from './claim-field.ts'
import { JWT } from './known-jwt-auth.ts'
import { baseProfile } from './token-origin.ts'
import type { Common, takeOrigin } from './token-origin.ts'
import type { ClaimField, IntrospectionSettings, TokenProfile, UserInfoSettings } from '../../domain/token-settings.ts'
import type { Findings, Place } from '../finding.ts'
import { ENV } from '../known-environment.ts'
import type { Section } from '../section.ts'

type Origin = ReturnType<typeof takeOrigin>

/** J-33. */
const LONGEST_SECONDS = 60

/** `issuer` is whom the answers speak for, where there is only one who can be meant. */
export function readUserInfo(
  jwt: Section,
  { origin, only }: { readonly origin: Origin; readonly only: TokenProfile | undefined },
  common: Common,
  findings: Findings,
): UserInfoSettings | undefined {
  const isEnabled = jwt.take(JWT.userInfoEnabled) ?? false
  const url = jwt.take(JWT.userInfoEndpoint)
  const wantedTtl = jwt.take(JWT.userInfoTtl) ?? LONGEST_SECONDS
  const ttlSeconds = Math.min(wantedTtl, LONGEST_SECONDS)
  if (!isEnabled) return undefined
  if (wantedTtl > ttlSeconds) {
    const message = `Answers of the userinfo endpoint are kept for ${ttlSeconds} seconds at most: nobody tells us of a withdrawal.`
    findings.warn(
      jwt.placeOf(JWT.userInfoTtl),
      jwt.pathOf(JWT.userInfoTtl.name),
      message,
      `Write ${ttlSeconds} or less.`,
    )
  }
  if (jwt.node(JWT.userInfoEndpoint.name) === undefined) {
    const message = 'oidc_userinfo_enabled is true, but there is no oidc_userinfo_endpoint.'
    const suggestion = 'Write oidc_userinfo_endpoint: the userinfo_endpoint of the provider’s discovery document.'
    findings.error(jwt.placeOf(JWT.userInfoEnabled), jwt.pathOf('oidc_userinfo_endpoint'), message, suggestion)
  }
  if (url === undefined) return undefined
  if (only?.issuer !== undefined && hostOf(only.issuer) !== hostOf(url)) {
    const message =
      'It is on another host than the issuer, and whoever it tells about is taken for a user of that issuer.'
    const suggestion = 'Check that it is the userinfo_endpoint of that provider’s discovery document.'
    findings.note(jwt.placeOf(JWT.userInfoEndpoint), jwt.pathOf(JWT.userInfoEndpoint.name), message, suggestion)
  }
  const base = baseProfile('userinfo', origin, common.checks, common)
  const fields = only?.fields ?? common.fields
  return { url, ttlSeconds, profile: { ...base, issuer: only?.issuer, fields, requiresExp: false } }
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname : ''
}

/** RFC 7662, as the environment describes it. */
export function readIntrospection(
  env: Section,
  asked: {
    readonly overrides: IntrospectionSettings['overrides']
    readonly takesOpaque: boolean
    readonly place: Place
    readonly key: string
  },
  origin: Origin,
  common: Common,
  findings: Findings,
): IntrospectionSettings | undefined {
  const url = env.take(ENV.oauthTokenInfo)
  const clientId = env.take(ENV.oauthClientId)
  const clientSecret = env.take(ENV.oauthClientSecret)
  const audience = env.take(ENV.oauthAudience)
  const userId = env.take(ENV.oauthUserId) ?? 'sub'
  const role = env.take(ENV.oauthRole) ?? 'role'
  const teamId = env.take(ENV.oauthTeamId) ?? 'team_id'
  if (!asked.takesOpaque && asked.overrides.length === 0) return undefined
  if (url === undefined) {
    const message = 'Tokens are to be introspected, but OAUTH_TOKEN_INFO_ENDPOINT is not set.'
    findings.error(asked.place, asked.key, message, 'Set it to the introspection endpoint (RFC 7662) of the provider.')
    return undefined
  }
  if ((clientId === undefined) !== (clientSecret === undefined)) {
    const missing = clientId === undefined ? ENV.oauthClientId.name : ENV.oauthClientSecret.name
    findings.error({}, missing, 'OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET belong together.', `Set ${missing}.`)
  }
  if (audience === undefined) {
    const message = 'Introspected tokens for any application are accepted.'
    findings.warn({}, ENV.oauthAudience.name, message, 'Set OAUTH_AUDIENCE to the aud of your tokens.')
  }
  const audiences = audience === undefined ? undefined : [audience]
  const fields = {
    ...common.fields,
    userId: fieldOf(ENV.oauthUserId.name, userId),
    teamId: fieldOf(ENV.oauthTeamId.name, teamId),
    roles: fieldOf(ENV.oauthRole.name, role),
  }
  return {
    url,
    clientId,
    clientSecret,
    userId: fields.userId.path,
    role: fields.roles.path,
    teamId: fields.teamId.path,
    audiences,
    overrides: asked.overrides,
    takesOpaque: asked.takesOpaque,
    profile: { ...baseProfile('introspection', origin, common.checks, common), audiences, fields },
  }
}

function fieldOf(setting: string, text: string): ClaimField {
  return { setting, text, path: parseClaimPath(text), isOptional: true }
}
