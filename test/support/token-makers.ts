import { rowFor } from '../../src/domain/access-table.ts'
import type { Claims } from '../../src/domain/claims.ts'
import type { Decision } from '../../src/domain/decision.ts'
import type { TokenPrincipal } from '../../src/domain/principal.ts'
import type { Team } from '../../src/domain/team.ts'
import type { TokenFacts, VerifiedToken } from '../../src/domain/token-facts.ts'
import type { OrganizationMatch, TokenGround, UserMatch } from '../../src/domain/token-ground.ts'
import type { ClaimField, ClaimFields, TokenPolicy, TokenProfile } from '../../src/domain/token-settings.ts'
import type { TeamStanding, User } from '../../src/domain/user.ts'
import type { RouteFacts } from '../../src/journey/1-intake/arrival.ts'
import { readTokenFacts } from '../../src/journey/3-identify/read-token-facts.ts'
import { chooseTeam } from '../../src/journey/4-authorise/choose-team.ts'
import { decideTokenCaller } from '../../src/journey/4-authorise/decide-token-caller.ts'
import { decideToken } from '../../src/journey/4-authorise/decide-token.ts'
import type { TokenCaller } from '../../src/journey/4-authorise/settle-team.ts'
import { makeUser, teamId, userId } from './rows.ts'

export const ISSUER = 'https://id.example'

const SETTINGS: Readonly<Record<keyof ClaimFields, string>> = {
  userId: 'user_id_jwt_field',
  email: 'user_email_jwt_field',
  teamId: 'team_id_jwt_field',
  teamIds: 'team_ids_jwt_field',
  teamAlias: 'team_alias_jwt_field',
  organizationId: 'org_id_jwt_field',
  organizationAlias: 'org_alias_jwt_field',
  endUserId: 'end_user_id_jwt_field',
  objectId: 'object_id_jwt_field',
  roles: 'roles_jwt_field',
  allowedRoles: 'user_roles_jwt_field',
}

export type FieldTexts = Partial<Record<keyof ClaimFields, string>>

/** Fields as an operator writes them; those that are not given are not set. */
export function makeFields(texts: FieldTexts): ClaimFields {
  const field = (name: keyof ClaimFields): ClaimField | undefined => {
    const text = texts[name]
    const path = text?.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.'))
    return text === undefined || path === undefined ? undefined : { path, text, setting: SETTINGS[name] }
  }
  return {
    userId: field('userId'),
    email: field('email'),
    teamId: field('teamId'),
    teamIds: field('teamIds'),
    teamAlias: field('teamAlias'),
    organizationId: field('organizationId'),
    organizationAlias: field('organizationAlias'),
    endUserId: field('endUserId'),
    objectId: field('objectId'),
    roles: field('roles'),
    allowedRoles: field('allowedRoles'),
  }
}

export function makeProfile(fields: FieldTexts, overrides: Partial<TokenProfile> = {}): TokenProfile {
  return {
    id: ISSUER,
    issuer: ISSUER,
    audiences: ['gw'],
    keys: [],
    tenants: undefined,
    algorithms: ['RS256'],
    isDisabled: false,
    requiresTyp: false,
    acceptsIdTokens: false,
    requiresExp: true,
    leewaySeconds: 30,
    maxLifetimeSeconds: 86_400,
    maxTokenBytes: 12_288,
    clients: undefined,
    conditions: [],
    fields: makeFields(fields),
    emailDomains: [],
    presumedEmailDomain: undefined,
    trustsUserIds: true,
    mayAdminister: true,
    ...overrides,
  }
}

/** What the operator gets who decides nothing. */
export function makePolicy(overrides: Partial<TokenPolicy> = {}): TokenPolicy {
  return {
    adminScope: 'litellm_proxy_admin',
    adminRoutes: ['management_routes', 'spend_tracking_routes', 'global_spend_tracking_routes', 'info_routes'],
    exemptsStoredAdmins: false,
    emailDomain: undefined,
    createsUsers: false,
    allowedRoles: undefined,
    defaultTeam: undefined,
    createsTeams: false,
    teamRoutes: ['openai_routes', 'info_routes'],
    writesMemberships: false,
    needsTeam: false,
    claimedTeamsAreAdvice: false,
    fallsBackToStoredTeams: false,
    roleMappings: [],
    enforcesRoles: false,
    scopeMappings: undefined,
    roleMap: [],
    syncs: false,
    floorRole: undefined,
    rolePermissions: [],
    needsSomebody: false,
    keyMapping: undefined,
    customValidate: undefined,
    ...overrides,
  }
}

export function makeToken(claims: Claims, profile: TokenProfile): VerifiedToken {
  return {
    profile,
    issuer: profile.issuer ?? '',
    claims,
    digest: '0'.repeat(64),
    signedDigest: '1'.repeat(64),
    expiresAt: undefined,
    via: 'jwt',
  }
}

/** For tokens that are expected to be readable. */
export function factsOf(token: VerifiedToken, policy: TokenPolicy): TokenFacts {
  const facts = readTokenFacts(token, policy)
  if (facts.verdict === 'deny') throw new Error(facts.say)
  return facts.granted
}

/** Routes as the route table has them. */
export function makeRoute(path: string, method = 'POST'): RouteFacts {
  const row = rowFor(method, path)
  if (row === undefined) throw new Error(`no row for ${path}`)
  return { path, row }
}

export const CHAT = makeRoute('/v1/chat/completions')

export function makeMembership(user: string, team: string, source?: string): TeamStanding {
  return {
    teamId: teamId(team),
    userId: userId(user),
    role: 'user',
    budgetId: undefined,
    organizationId: undefined,
    permissions: [],
    source,
  }
}

/** A directory in small. */
export interface World {
  /** By the subject that leads to them. */
  readonly users?: Readonly<Record<string, UserMatch>>
  readonly teams?: readonly Team[]
  readonly organization?: OrganizationMatch
}

export function makeMatch(id: string, user: Partial<User> = {}, teams: readonly TeamStanding[] = []): UserMatch {
  const facts = { user: makeUser(id, user), teams, organizations: [], identities: [] }
  return { is: 'found', facts, by: 'link', needsLink: false }
}

export function newMatch(id: string): UserMatch {
  return { is: 'new', facts: { user: makeUser(id), teams: [], organizations: [], identities: [] }, wasDeleted: false }
}

/** What there is to know about the token in this world; everybody who is not in it is new. */
export function groundIn({ users, teams = [], organization }: World, { subject }: TokenFacts): TokenGround {
  const user = subject === undefined ? undefined : (users?.[subject] ?? newMatch(subject))
  const standings = user?.is === 'found' ? user.facts.teams : []
  const byAlias = Map.groupBy(teams, ({ alias }) => alias ?? '')
  return {
    user,
    teams: new Map(
      teams.map((team) => [
        team.id,
        {
          team,
          organization: undefined,
          membership: standings.find((standing) => standing.teamId === team.id),
          memberModels: [],
        },
      ]),
    ),
    teamsByAlias: new Map([...byAlias].map(([alias, some]) => [alias, some.map(({ id }) => id).slice(0, 2)])),
    organization,
  }
}

export interface Case {
  readonly fields?: FieldTexts
  readonly profile?: Partial<TokenProfile>
  readonly policy?: Partial<TokenPolicy>
  readonly world?: World
  readonly header?: string | undefined
  readonly route?: RouteFacts
  readonly model?: string | undefined
}

/** The whole way of a token through all pure deciders. Every level of models counts as at a real call, without groups. */
export function judge(claims: Claims, given: Case): Decision<TokenCaller> {
  const { route = CHAT, header, model } = given
  const policy = makePolicy(given.policy)
  const token = makeToken(claims, makeProfile(given.fields ?? {}, given.profile))
  const facts = readTokenFacts(token, policy)
  if (facts.verdict === 'deny') return facts
  const lets = decideToken(token, facts.granted, policy, route)
  if (lets.verdict === 'deny') return lets
  const ground = groundIn(given.world ?? {}, facts.granted)
  const caller = decideTokenCaller(token, facts.granted, ground, { policy, teamHeader: header, route })
  if (caller.verdict === 'deny') return caller
  return chooseTeam(caller.granted, model, route, policy, mayUse)
}

/** For cases that are expected to be let through. */
export function admitted(claims: Claims, given: Case): TokenCaller {
  const answer = judge(claims, given)
  if (answer.verdict === 'deny') throw new Error(`${answer.because}: ${answer.say ?? ''}`)
  return answer.granted
}

/** Enough of the model rules to tell teams apart: empty lists are open. */
export function mayUse(principal: TokenPrincipal, model: string): boolean {
  const { team, user, memberModels } = principal.standing
  const lists = [team === undefined ? (user?.user.models ?? []) : team.models, memberModels]
  return lists.every((models) => models.length === 0 || models.includes(model))
}
