import { PROBLEMS } from '../domain/problem.ts'
import type { Denied } from '../domain/decision.ts'
import type { ClaimField, TokenProfile } from '../domain/token-settings.ts'
import { forTerminal, sentenceForTerminal } from './for-terminal.ts'
import type { TokenReport } from './check-token.ts'

/** For people. What a token says is shown as JSON, so that nothing in it can steer a terminal. */
export function renderTokenReport(report: TokenReport): string {
  switch (report.is) {
    case 'not-a-case':
      return `token: not checked. ${report.because}\n`
    case 'refused':
      return [`token: refused, ${why(report.denied)}`, `  profile: ${nameOf(report.profile)}`, ''].join('\n')
    case 'unusable':
      return [
        `token: verified, but refused for what it says, ${why(report.denied)}`,
        `  profile: ${nameOf(report.token.profile)}`,
        '',
      ].join('\n')
    case 'accepted': {
      const lines = factsOf(report).map(({ name, value, from }) => `  ${name}: ${forTerminal(value)}${from}`)
      return ['token: verified', `  profile: ${nameOf(report.token.profile)}`, ...lines, ''].join('\n')
    }
  }
}

/** For machines. */
export function tokenReportJson(report: TokenReport): object {
  switch (report.is) {
    case 'not-a-case':
      return { verified: false, message: report.because }
    case 'refused':
      return { verified: false, profile: report.profile?.id, ...refusalOf(report.denied) }
    case 'unusable':
      return { verified: true, usable: false, profile: report.token.profile.id, ...refusalOf(report.denied) }
    case 'accepted': {
      const { fields: _, ...facts } = report.facts
      const { token, keyClaim } = report
      return { verified: true, usable: true, profile: token.profile.id, via: token.via, facts, keyClaim }
    }
  }
}

function refusalOf(denied: Denied): { readonly reason: string; readonly message: string } {
  return { reason: denied.because, message: denied.say ?? PROBLEMS[denied.problem].say }
}

function why(denied: Denied): string {
  const { reason, message } = refusalOf(denied)
  return `${reason}: ${sentenceForTerminal(message)}`
}

function nameOf(profile: TokenProfile | undefined): string {
  if (profile === undefined) return 'none; it names no issuer that is listed'
  switch (profile.id) {
    case 'shared':
      return 'JWT_PUBLIC_KEY_URL'
    case 'userinfo':
      return 'oidc_userinfo_endpoint'
    case 'introspection':
      return 'OAUTH_TOKEN_INFO_ENDPOINT'
    default:
      return profile.id
  }
}

interface Fact {
  readonly name: string
  readonly value: unknown
  /** The setting that says where it stands, in brackets. */
  readonly from: string
}

function factsOf({ token, facts, keyClaim }: Extract<TokenReport, { is: 'accepted' }>): readonly Fact[] {
  const { fields } = facts
  const fact = (name: string, value: unknown, field?: ClaimField): readonly Fact[] =>
    value === undefined
      ? []
      : [{ name, value, from: field === undefined ? '' : ` (${field.setting}: ${forTerminal(field.text)})` }]
  return [
    ...fact('issuer', facts.issuer),
    ...fact('expires', token.expiresAt === undefined ? undefined : new Date(token.expiresAt).toISOString()),
    ...fact('user', facts.subject, fields.userId ?? fields.email),
    ...fact('e-mail', facts.email, fields.email),
    ...fact('e-mail is proven', facts.email === undefined ? undefined : facts.emailIsProven),
    ...fact('e-mail domain is allowed', facts.domainIsAllowed),
    ...fact('team', facts.teamId, fields.teamId),
    ...fact('teams', facts.teamIds, fields.teamIds),
    ...fact('team alias', facts.teamAlias, fields.teamAlias),
    ...fact('organisation', facts.organizationId, fields.organizationId),
    ...fact('organisation alias', facts.organizationAlias, fields.organizationAlias),
    ...fact('end user', facts.endUserId, fields.endUserId),
    ...fact('scopes', facts.scopes),
    ...fact('roles', facts.roles, fields.roles),
    ...fact('administrator by scope', facts.isScopeAdmin),
    ...fact('is a', facts.tokenRole),
    ...fact('stored role by jwt_litellm_role_map', facts.mappedRole),
    ...(keyClaim === undefined
      ? []
      : [{ name: 'claim for a key', value: keyClaim.value, from: ` (${forTerminal(keyClaim.name)})` }]),
  ]
}
