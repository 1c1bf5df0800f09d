import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { TeamChoice, TokenPrincipal } from '../../domain/principal.ts'
import type { Provision } from '../../domain/provision.ts'
import type { TokenFacts, VerifiedToken } from '../../domain/token-facts.ts'
import type { TeamGround, TokenGround } from '../../domain/token-ground.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { UserFacts } from '../../domain/user.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { covers } from './decide-route.ts'
import { decideAdminRoute } from './decide-token.ts'
import { decideKnownUser, decideTokenOrganization, decideTokenUser } from './decide-token-user.ts'
import { aliasTeam, claimedTeams, findTokenTeam } from './find-token-team.ts'
import type { TeamFinding } from './find-token-team.ts'
import { actingFor, settleTeam } from './settle-team.ts'
import type { TokenCaller } from './settle-team.ts'
import { syncTokenUser } from './sync-token-user.ts'
import { headerOutsideMemberships } from './token-denials.ts'
import { limitsOf } from './token-limits.ts'

export interface TokenAsk {
  readonly policy: TokenPolicy
  /** `x-litellm-team-id` */
  readonly teamHeader: string | undefined
  readonly route: RouteFacts
}

/**
 * Who the bearer of a proven token is, by what the directory knows. Its team may be left open between several until the
 * model is known. What the directory should learn from the token is handed back, and nothing is done about it here.
 */
export function decideTokenCaller(
  token: VerifiedToken,
  facts: TokenFacts,
  ground: TokenGround,
  ask: TokenAsk,
): Decision<TokenCaller> {
  if (facts.isScopeAdmin) return decideScopeAdmin(token, facts, ground, ask)
  const { policy, route, teamHeader } = ask

  const finding = findTokenTeam(facts, ground, ask)
  if (finding.verdict === 'deny') return finding

  const organization = decideTokenOrganization(facts, ground.organization)
  if (organization.verdict === 'deny') return organization

  const known = decideTokenUser(facts, ground.user, policy)
  if (known.verdict === 'deny') return known
  const { user, effects } = syncTokenUser(known.granted, facts, teamsToSync(facts, ground, finding.granted), policy)

  const isAdmin = user?.user.role === 'proxy_admin'
  if (isAdmin && !policy.exemptsStoredAdmins) {
    const admin = decideAdminRoute(policy, route)
    if (admin.verdict === 'deny') return admin
  }

  const caller: TokenCaller = {
    principal: {
      ...limitsOf(facts, ask.policy, ask.route),
      kind: user === undefined ? 'team-token' : 'user',
      token,
      facts,
      standing: { user, team: undefined, organization: organization.granted, memberModels: [] },
      membership: undefined,
      admin: isAdmin ? 'stored' : undefined,
      choice: undefined,
      registers: undefined,
    },
    effects: [...effects, ...newTeam(finding.granted)],
  }
  return settleFinding(caller, finding.granted, ground, { policy, route, teamHeader })
}

function settleFinding(
  caller: TokenCaller,
  finding: TeamFinding,
  ground: TokenGround,
  { policy, route, teamHeader }: TokenAsk,
): Decision<TokenCaller> {
  const { user } = caller.principal.standing
  switch (finding.is) {
    case 'team': {
      const header = finding.by === 'header' ? teamHeader : undefined
      return settleTeam(caller, finding.ground, finding.by, { policy, route, header })
    }
    case 'candidates':
      return allow(open(caller, { between: 'token', teams: finding.teams, instead: onlyTeam(user, ground) }))
    case 'none':
      return settleTeam(caller, onlyTeam(user, ground), 'stored', { policy, route })
    case 'stored': {
      if (teamHeader === undefined) {
        return allow(open(caller, { between: 'memberships', teams: storedTeams(user, ground), instead: undefined }))
      }
      const team = ownTeam(teamHeader, user, ground)
      if (team === undefined) return headerOutsideMemberships(teamHeader)
      return settleTeam(caller, team, 'stored', { policy, route, header: teamHeader })
    }
  }
}

function open(caller: TokenCaller, choice: TeamChoice): TokenCaller {
  return { ...caller, principal: { ...caller.principal, choice } }
}

/**
 * An administrator by scope is looked up and never made. A team that the header names is for limits and attribution; an
 * unknown one is no team, and no reason to refuse. An organisation is what the token says, and has to be there where
 * models are called.
 */
function decideScopeAdmin(
  token: VerifiedToken,
  facts: TokenFacts,
  ground: TokenGround,
  ask: TokenAsk,
): Decision<TokenCaller> {
  const known = decideKnownUser(facts, ground.user)
  if (known.verdict === 'deny') return known
  const { user, effects } = known.granted
  const isModelRoute = covers('llm_api_routes', ask.route.path)
  const team = isModelRoute ? namedTeam(ask.teamHeader, ground) : undefined
  const organization = decideTokenOrganization(facts, ground.organization)
  // Its limits and its models count there. Elsewhere it may be what the administrator is about to make.
  if (organization.verdict === 'deny' && isModelRoute) return organization
  const principal: TokenPrincipal = {
    ...limitsOf(facts, ask.policy, ask.route),
    kind: 'user',
    token,
    facts,
    standing: {
      user,
      team: undefined,
      organization: organization.verdict === 'allow' ? organization.granted : undefined,
      memberModels: [],
    },
    membership: undefined,
    admin: 'scope',
    choice: undefined,
    registers: undefined,
  }
  return allow({ principal: team === undefined ? principal : actingFor(principal, team), effects })
}

function newTeam(finding: TeamFinding): readonly Provision[] {
  return finding.is === 'team' && finding.isNew ? [{ make: 'team', teamId: finding.ground.team.id }] : []
}

/** Every team that the token says and that is there, or is made in the same breath. */
function teamsToSync(facts: TokenFacts, ground: TokenGround, finding: TeamFinding): readonly TeamGround[] {
  const ofAlias = aliasTeam(facts, ground)
  const ids = [
    ...(facts.isObjectTeam ? (facts.teamIds ?? []) : claimedTeams(facts)),
    ...(ofAlias === undefined ? [] : [ofAlias]),
  ]
  return [...new Set(ids)].flatMap((id) => {
    const made = finding.is === 'team' && finding.ground.team.id === id ? finding.ground : undefined
    return ground.teams.get(id) ?? made ?? []
  })
}

/** In the order in which they are stored. */
function storedTeams(user: UserFacts | undefined, ground: TokenGround): readonly TeamGround[] {
  return user?.teams.flatMap(({ teamId }) => ground.teams.get(teamId) ?? []) ?? []
}

/** One team says where a user belongs; of several none is guessed. */
function onlyTeam(user: UserFacts | undefined, ground: TokenGround): TeamGround | undefined {
  return user?.teams.length === 1 ? storedTeams(user, ground)[0] : undefined
}

/** The header's team among the user's own; what is somebody else's is as good as absent. */
function ownTeam(header: string, user: UserFacts | undefined, ground: TokenGround): TeamGround | undefined {
  const own = storedTeams(user, ground)
  const aliased = ground.teamsByAlias.get(header) ?? []
  const byId = own.find(({ team }) => team.id === header)
  return byId ?? (aliased.length === 1 ? own.find(({ team }) => team.id === aliased[0]) : undefined)
}

function namedTeam(header: string | undefined, ground: TokenGround): TeamGround | undefined {
  if (header === undefined) return undefined
  const aliased = ground.teamsByAlias.get(header) ?? []
  const ofAlias = aliased.length === 1 ? aliased[0] : undefined
  return ground.teams.get(header) ?? (ofAlias === undefined ? undefined : ground.teams.get(ofAlias))
}
