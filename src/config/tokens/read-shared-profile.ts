import { JWT } from './known-jwt-auth.ts'
import { ORIGIN } from './known-token-origins.ts'
import { baseProfile } from './token-origin.ts'
import type { Common, takeOrigin } from './token-origin.ts'
import { keySourceOf } from './url-readers.ts'
import type { TokenProfile } from '../../domain/token-settings.ts'
import type { Findings } from '../finding.ts'
import { ENV } from '../known-environment.ts'
import type { Section } from '../section.ts'

/** The profile of `JWT_PUBLIC_KEY_URL`. */
export function readSharedProfile(
  urls: readonly string[],
  {
    jwt,
    env,
    origin,
    allowsUnscoped,
  }: {
    readonly jwt: Section
    readonly env: Section
    readonly origin: ReturnType<typeof takeOrigin>
    readonly allowsUnscoped: boolean
  },
  common: Common,
  findings: Findings,
): TokenProfile {
  const issuer = env.take(ENV.jwtIssuer)
  const audience = env.take(ENV.jwtAudience)
  if (audience === undefined) tellUnscoped(issuer, allowsUnscoped, jwt, findings)
  if (urls.length > 1 && issuer === undefined) {
    const message = 'Each of its providers can sign tokens with the issuer of another, and so speak for its users.'
    const suggestion = 'Write each provider into litellm_jwtauth.issuers, or set JWT_ISSUER where it is one.'
    findings.warn({}, ENV.jwtKeyUrls.name, message, suggestion)
  }
  if (!origin.requiresExp) {
    const place = jwt.placeOf(ORIGIN.allowsWithoutExp)
    findings.warn(place, jwt.pathOf(ORIGIN.allowsWithoutExp.name), 'Tokens that never end are accepted.')
  }
  return {
    ...baseProfile(issuer ?? 'shared', origin, common.checks, common),
    issuer,
    audiences: audience === undefined ? undefined : [audience],
    keys: urls.map((url) => keySourceOf(url, origin.keyHosts)),
  }
}

function tellUnscoped(issuer: string | undefined, isAllowed: boolean, jwt: Section, findings: Findings): void {
  const key = ENV.jwtAudience.name
  const suggestion = 'Set JWT_AUDIENCE to the aud of your tokens.'
  if (issuer !== undefined) {
    findings.warn(
      {},
      key,
      'JWT_AUDIENCE is not set: tokens of JWT_ISSUER for any application are accepted.',
      suggestion,
    )
    return
  }
  const what = 'Neither JWT_AUDIENCE nor JWT_ISSUER is set:'
  if (isAllowed) {
    const message = `${what} every token that the provider signs, for whichever application, is accepted.`
    findings.warn(jwt.placeOf(JWT.allowsUnscoped), jwt.pathOf(JWT.allowsUnscoped.name), message, suggestion)
    return
  }
  const message = `${what} every token that the provider signs, for whichever application, would be accepted.`
  const setting = jwt.pathOf(JWT.allowsUnscoped.name)
  findings.error({}, key, message, `${suggestion} To accept them all after all, write ${setting}: true.`)
}
