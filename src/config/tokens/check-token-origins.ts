import { JWT } from './known-jwt-auth.ts'
import { ORIGIN } from './known-token-origins.ts'
import type { TokenSettings } from '../../domain/token-settings.ts'
import type { Findings } from '../finding.ts'
import { ENV } from '../known-environment.ts'
import { GENERAL } from '../known-general-settings.ts'
import type { Section } from '../section.ts'

interface Origins {
  readonly general: Section
  readonly jwt: Section
  readonly takesJwts: boolean
  readonly tokens: TokenSettings
  /** `JWT_PUBLIC_KEY_URL` is set. */
  readonly hasUrls: boolean
  /** As many as are written, good or not. */
  readonly entries: number
  readonly fallsThrough: boolean
  /** The variables limit neither audience nor issuer, and nobody said that this is meant. */
  readonly isUnscoped: boolean
}

/** Whether there is somebody whose tokens can be proven, and every setting about that speaks of somebody. */
export function checkOrigins(origins: Origins, findings: Findings): void {
  if (origins.takesJwts) checkKeys(origins, findings)
  else checkWithoutJwts(origins, findings)
  checkOriginSettings(origins, findings)
  checkOpaque(origins, findings)
}

function checkKeys(origins: Origins, findings: Findings): void {
  const { general, jwt, tokens, hasUrls, entries, fallsThrough, isUnscoped } = origins
  if (!hasUrls && entries === 0 && tokens.userInfo === undefined && jwt.node(JWT.userInfoEnabled.name) === undefined) {
    const message = 'enable_jwt_auth is true, but nothing says whose tokens are accepted.'
    const suggestion = 'Write litellm_jwtauth.issuers, or set JWT_PUBLIC_KEY_URL and JWT_AUDIENCE.'
    findings.error(general.placeOf(GENERAL.enableJwtAuth), general.pathOf('enable_jwt_auth'), message, suggestion)
  }
  if (hasUrls && entries > 0 && !fallsThrough) {
    const message = 'This has no effect: litellm_jwtauth.issuers is written, and tokens of other issuers are refused.'
    const suggestion = 'Unset JWT_PUBLIC_KEY_URL, or set JWT_AUDIENCE and write issuers_allow_fallthrough: true.'
    if (isUnscoped) findings.error({}, ENV.jwtKeyUrls.name, message, suggestion)
    else findings.warn({}, ENV.jwtKeyUrls.name, message, suggestion)
  }
  if (!hasUrls && entries > 0 && fallsThrough) {
    const message = 'There is nothing to fall through to.'
    const suggestion = 'Set JWT_PUBLIC_KEY_URL and JWT_AUDIENCE, or remove issuers_allow_fallthrough.'
    findings.error(jwt.placeOf(JWT.fallsThrough), jwt.pathOf(JWT.fallsThrough.name), message, suggestion)
  }
}

function checkWithoutJwts({ jwt }: Origins, findings: Findings): void {
  for (const setting of [JWT.issuers, JWT.routingOverrides, JWT.userInfoEnabled]) {
    const node = jwt.node(setting.name)
    if (node === undefined || (node.kind === 'scalar' && node.value === false)) continue
    const message = `${setting.name} is about JWTs, which are refused while enable_jwt_auth is not true.`
    findings.error(jwt.placeOf(setting), jwt.pathOf(setting.name), message, 'Write enable_jwt_auth: true.')
  }
}

/** At the top they are about the keys of the environment, userinfo and introspection, and nothing else. */
function checkOriginSettings({ jwt, tokens }: Origins, findings: Findings): void {
  if (tokens.shared !== undefined || tokens.userInfo !== undefined || tokens.introspection !== undefined) return
  for (const setting of Object.values(ORIGIN)) {
    if (jwt.node(setting.name) === undefined) continue
    const message = `At the top, ${setting.name} is about tokens of JWT_PUBLIC_KEY_URL, userinfo and introspection, and none of them is in use.`
    findings.error(jwt.placeOf(setting), jwt.pathOf(setting.name), message, 'Write it into the entries of issuers.')
  }
}

function checkOpaque({ jwt, tokens }: Origins, findings: Findings): void {
  if (tokens.userInfo === undefined || tokens.introspection?.takesOpaque !== true) return
  const message = 'Opaque tokens cannot go to the userinfo endpoint and to introspection.'
  const suggestion = 'Remove oidc_userinfo_enabled or general_settings.enable_oauth2_auth.'
  findings.error(jwt.placeOf(JWT.userInfoEnabled), jwt.pathOf('oidc_userinfo_enabled'), message, suggestion)
}
