import { rowFor } from '../../domain/access-table.ts'
import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { epochMs, parseTeamId, parseUserId } from '../../domain/ids.ts'
import type { MappedClaim } from '../../domain/key-mapping.ts'
import { Problem } from '../../domain/problem.ts'
import type { TokenFacts, VerifiedToken } from '../../domain/token-facts.ts'
import type { TokenGround, UserMatch } from '../../domain/token-ground.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import { blankUser } from '../../domain/user.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { chooseTeam } from './choose-team.ts'
import { decideKeyMapping } from './decide-key-mapping.ts'
import { decideTokenCaller } from './decide-token-caller.ts'
import { decideToken } from './decide-token.ts'
import { emptyTeam } from './empty-team.ts'
import { claimedTeams } from './find-token-team.ts'
import type { TokenCaller } from './settle-team.ts'

/**
 * Whether what the token says is good for anything, whatever the directory holds: everybody and everything that it names
 * is taken to be there, its claim to stand for a key, and its rules to allow the route. A refusal is one of every request.
 */
export function decideTokenAtBest(
  token: VerifiedToken,
  { facts, claim }: { readonly facts: TokenFacts; readonly claim: MappedClaim | undefined },
  policy: TokenPolicy,
): Decision<TokenFacts> {
  const route = chat()
  const mildest = { ...policy, adminRoutes: [CHAT], teamRoutes: [CHAT], rolePermissions: [] }
  const lets = decideToken(token, facts, mildest, route)
  if (lets.verdict === 'deny') return lets
  if (policy.keyMapping !== undefined) {
    if (claim !== undefined) return allow(facts)
    const mapping = decideKeyMapping(token, undefined, [], policy.keyMapping)
    if (mapping.verdict === 'deny') return mapping
  }
  const ground = bestGround(facts, policy)
  const decide = (teamHeader: string | undefined): Decision<TokenCaller> => {
    const caller = decideTokenCaller(token, facts, ground, { policy: mildest, teamHeader, route })
    return caller.verdict === 'deny' ? caller : chooseTeam(caller.granted, undefined, route, mildest, () => true)
  }
  const plain = decide(undefined)
  if (plain.verdict === 'allow') return allow(facts)
  // The header may choose where the claims leave it open.
  return claimedTeams(facts).some((team) => decide(team).verdict === 'allow') ? allow(facts) : plain
}

const CHAT = '/v1/chat/completions'

function chat(): RouteFacts {
  const row = rowFor('POST', CHAT)
  if (row === undefined) throw new Problem('fault')
  return { path: CHAT, row }
}

function bestGround(facts: TokenFacts, { defaultTeam }: TokenPolicy): TokenGround {
  const named = [...claimedTeams(facts), ...(defaultTeam === undefined ? [] : [defaultTeam]), OWN_TEAM]
  const ids = named.flatMap((name) => parseTeamId(name) ?? [])
  const own = parseTeamId(OWN_TEAM)
  const { teamAlias } = facts
  return {
    user: bestUser(facts),
    teams: new Map(ids.map((id) => [id, emptyTeam(id)])),
    teamsByAlias: new Map(teamAlias === undefined || own === undefined ? [] : [[teamAlias, [own]]]),
    organization: undefined,
  }
}

/** Where a user belongs who belongs somewhere, and what every alias stands for: it may be no id. */
const OWN_TEAM = 'own'

function bestUser({ subject }: TokenFacts): UserMatch | undefined {
  const userId = parseUserId('somebody')
  const teamId = parseTeamId(OWN_TEAM)
  if (subject === undefined || userId === undefined || teamId === undefined) return undefined
  const membership = { teamId, userId, role: 'user', budgetId: undefined, organizationId: undefined } as const
  const teams = [{ ...membership, permissions: [], source: undefined }]
  const facts = { user: blankUser(userId, '', epochMs(0)), teams, organizations: [], identities: [] }
  return { is: 'found', facts, by: 'link', needsLink: false }
}
