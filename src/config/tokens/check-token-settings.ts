import { JWT } from './known-jwt-auth.ts'
import { ADMINISTRATORS, ROLE_WITHOUT_USER } from '../../domain/role.ts'
import type { ClaimFields, TokenPolicy, TokenSettings } from '../../domain/token-settings.ts'
import type { UserDefaults } from '../../domain/key-rules.ts'
import type { Findings } from '../finding.ts'
import type { Honoured } from '../key-table.ts'
import { scalarJson } from '../located.ts'
import type { Located } from '../located.ts'
import type { Section } from '../section.ts'

type Setting = Pick<Honoured<unknown>, 'name'>

/** What settings of `litellm_jwtauth` ask of each other. `fields` are those of every origin. */
export function checkTokenSettings(
  jwt: Section,
  policy: TokenPolicy,
  fields: readonly ClaimFields[],
  findings: Findings,
): void {
  const isWritten = ({ name }: Setting): boolean => jwt.node(name) !== undefined
  const isOn = ({ name }: Setting): boolean => isTrue(jwt.node(name))
  const refuse = (at: Setting, message: string, suggestion: string): void =>
    findings.error(jwt.placeOf(at), jwt.pathOf(at.name), message, suggestion)

  for (const [one, other] of [
    [JWT.userRoles, JWT.allowedRoles],
    [JWT.allowedRoles, JWT.userRoles],
  ] as const) {
    if (isWritten(one) && !isWritten(other)) {
      const message = `${other.name} must be provided if ${one.name} is set.`
      refuse(one, message, `Write ${other.name}: ${other.reader.expects}.`)
    }
  }
  if (isWritten(JWT.objectId) && policy.roleMappings.length === 0) {
    const message =
      'if object_id_jwt_field is set, role_mappings must also be set: they say whether it is a user or a team.'
    refuse(JWT.objectId, message, 'Write role_mappings: [{role: …, internal_role: team}] and roles_jwt_field.')
  }
  if (isWritten(JWT.scopeMappings) && !isOn(JWT.enforcesScopes)) {
    const message = 'scope_mappings limit nothing while enforce_scope_based_access is not true.'
    refuse(JWT.scopeMappings, message, 'Write enforce_scope_based_access: true, or remove scope_mappings.')
  }
  if (isOn(JWT.enforcesScopes) && isAbsentOrEmpty(jwt.node(JWT.scopeMappings.name))) {
    const message = 'scope_mappings must be set if enforce_scope_based_access is true.'
    refuse(JWT.enforcesScopes, message, 'Write scope_mappings: [{scope: …, models: […]}].')
  }
  if (policy.syncs && !fields.some(({ teamId, teamIds }) => teamId !== undefined || teamIds !== undefined)) {
    const message = 'sync_user_role_and_teams needs to know where the teams of a token stand.'
    refuse(JWT.syncs, message, 'Write team_ids_jwt_field: the claim with the groups.')
  }
  if (policy.emailDomain !== undefined && fields.every(({ email }) => email === undefined)) {
    const message = 'user_allowed_email_domain refuses every token, because no claim with the e-mail address is named.'
    refuse(JWT.emailDomain, message, 'Write user_email_jwt_field: email.')
  } else if (policy.emailDomain !== undefined && fields.some(({ email }) => email === undefined)) {
    const message =
      'It refuses every token of the providers that have no claim with the e-mail address: an entry of issuers that names claims of its own takes none from here.'
    const suggestion = 'Write user_email_jwt_field: email into each entry of issuers.'
    findings.warn(jwt.placeOf(JWT.emailDomain), jwt.pathOf(JWT.emailDomain.name), message, suggestion)
  }
  tellIdle(jwt, { isWritten, isOn }, fields, findings)
}

/** Nobody becomes an administrator by being new. */
export function checkNewUsers(jwt: Section, policy: TokenPolicy, defaults: UserDefaults, findings: Findings): void {
  if (!policy.createsUsers || !ADMINISTRATORS.has(defaults.role ?? ROLE_WITHOUT_USER)) return
  const message = `user_id_upsert would make every new user a ${defaults.role}, by default_internal_user_params.`
  const suggestion =
    'Write user_role: internal_user or internal_user_viewer into litellm_settings.default_internal_user_params.'
  findings.error(jwt.placeOf(JWT.createsUsers), jwt.pathOf(JWT.createsUsers.name), message, suggestion)
}

/** J-26: whose tokens make administrators is something to decide, where there are several who could. */
export function checkAdministrators(jwt: Section, tokens: TokenSettings, findings: Findings): void {
  const { issuers, shared, introspection, policy } = tokens
  if (!policy.syncs || !policy.roleMap.some(({ role }) => ADMINISTRATORS.has(role))) return
  const profiles = [...issuers, shared, introspection?.profile].filter((profile) => profile?.mayAdminister === true)
  const providers = profiles.map((profile) => profile?.tenants?.ids.length ?? 1)
  if (providers.reduce((sum, each) => sum + each, 0) < 2) return
  const message = 'Tokens of each of the providers make administrators by this.'
  const suggestion = 'Write may_administer: false into the entries of those that should not.'
  findings.warn(jwt.placeOf(JWT.roleMap), jwt.pathOf(JWT.roleMap.name), message, suggestion)
}

function isAbsentOrEmpty(node: Located | undefined): boolean {
  return node === undefined || (node.kind === 'list' && node.items.length === 0)
}

function isTrue(node: Located | undefined): boolean {
  return node?.kind === 'scalar' && scalarJson(node) === true
}

/** Settings that change nothing as things stand. */
function tellIdle(
  jwt: Section,
  is: {
    readonly isWritten: (setting: Setting) => boolean
    readonly isOn: (setting: Setting) => boolean
  },
  fields: readonly ClaimFields[],
  findings: Findings,
): void {
  const some = (...names: readonly (keyof ClaimFields)[]): boolean =>
    fields.some((each) => names.some((name) => each[name] !== undefined))
  const hasTeams = some('teamId', 'teamIds', 'teamAlias', 'objectId')
  const idle: readonly (readonly [isIdle: boolean, at: Setting, without: string])[] = [
    [is.isWritten(JWT.roleMappings) && !some('roles'), JWT.roleMappings, 'roles_jwt_field'],
    [is.isWritten(JWT.roleMap) && !some('roles'), JWT.roleMap, 'roles_jwt_field'],
    [is.isWritten(JWT.roleMap) && !is.isOn(JWT.syncs), JWT.roleMap, 'sync_user_role_and_teams: true'],
    [is.isWritten(JWT.floorRole) && !is.isOn(JWT.syncs), JWT.floorRole, 'sync_user_role_and_teams: true'],
    [is.isWritten(JWT.floorRole) && !is.isWritten(JWT.roleMap), JWT.floorRole, 'jwt_litellm_role_map'],
    [is.isOn(JWT.createsUsers) && !some('userId', 'email', 'objectId'), JWT.createsUsers, 'user_id_jwt_field'],
    [is.isOn(JWT.createsTeams) && !hasTeams, JWT.createsTeams, 'team_id_jwt_field or team_ids_jwt_field'],
    [is.isOn(JWT.writesMemberships) && !hasTeams, JWT.writesMemberships, 'team_id_jwt_field or team_ids_jwt_field'],
    [is.isOn(JWT.claimedTeamsAreAdvice) && !hasTeams, JWT.claimedTeamsAreAdvice, 'a claim with a team'],
    [
      is.isWritten(JWT.userInfoEndpoint) && !is.isOn(JWT.userInfoEnabled),
      JWT.userInfoEndpoint,
      'oidc_userinfo_enabled: true',
    ],
    [is.isOn(JWT.fallsThrough) && !is.isWritten(JWT.issuers), JWT.fallsThrough, 'issuers'],
  ]
  for (const [isIdle, at, without] of idle) {
    if (isIdle) findings.warn(jwt.placeOf(at), jwt.pathOf(at.name), `This has no effect without ${without}.`)
  }
}
