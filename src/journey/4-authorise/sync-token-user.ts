import type { UserId } from '../../domain/ids.ts'
import type { Provision } from '../../domain/provision.ts'
import type { TokenFacts } from '../../domain/token-facts.ts'
import type { TeamGround } from '../../domain/token-ground.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { TeamStanding, UserFacts } from '../../domain/user.ts'
import type { TokenUser } from './decide-token-user.ts'

/**
 * Makes role and teams of a user what the token says. Teams only by a claim that is there, and only memberships that
 * tokens of this issuer made: what people decided is not the token's to take away.
 */
export function syncTokenUser(
  known: TokenUser,
  facts: TokenFacts,
  claimed: readonly TeamGround[],
  policy: TokenPolicy,
): TokenUser {
  if (!policy.syncs || known.user === undefined) return known
  return syncTeams(syncRole(known, known.user, facts, policy), facts, claimed)
}

function syncRole(known: TokenUser, user: UserFacts, facts: TokenFacts, policy: TokenPolicy): TokenUser {
  const role = facts.mappedRole ?? (facts.fields.roles === undefined ? undefined : policy.floorRole)
  if (role === undefined || role === user.user.role) return known
  return {
    ...known,
    user: { ...user, user: { ...user.user, role } },
    effects: [...known.effects, { make: 'role', userId: rowOf(known, user), role }],
  }
}

function syncTeams(known: TokenUser, facts: TokenFacts, claimed: readonly TeamGround[]): TokenUser {
  if (known.user === undefined || !saysTeams(facts)) return known
  const wanted = new Set<string>(claimed.map(({ team }) => team.id))
  const { id } = known.user.user
  const gone = known.user.teams.filter(({ teamId, source }) => source === facts.issuer && !wanted.has(teamId))
  const kept = { ...known.user, teams: known.user.teams.filter((standing) => !gone.includes(standing)) }
  const removals = gone.map(({ teamId }): Provision => ({
    make: 'no-membership',
    userId: id,
    teamId,
    source: facts.issuer,
  }))
  const shrunk: TokenUser = { ...known, user: kept, effects: [...known.effects, ...removals] }
  return claimed.reduce((user, ground) => joinTeam(user, ground, facts.issuer), shrunk)
}

/** The claim for the list of teams; where only a single team has one, that. */
function saysTeams({ fields, teamId, teamIds, teamAlias, isObjectTeam }: TokenFacts): boolean {
  if (fields.teamIds !== undefined) return teamIds !== undefined
  return (teamId !== undefined && !isObjectTeam) || teamAlias !== undefined
}

/** As a plain member, if the user is none yet. */
export function joinTeam(known: TokenUser, { team }: TeamGround, source: string): TokenUser {
  const { user } = known
  if (user === undefined || user.teams.some(({ teamId }) => teamId === team.id)) return known
  const standing: TeamStanding = {
    teamId: team.id,
    userId: user.user.id,
    role: 'user',
    budgetId: team.memberBudgetId,
    organizationId: team.organizationId,
    permissions: team.memberPermissions,
    source,
  }
  return {
    ...known,
    user: { ...user, teams: [...user.teams, standing] },
    effects: [...known.effects, { make: 'membership', userId: rowOf(known, user), teamId: team.id, source }],
  }
}

/** Undefined: the row is made in the same breath, and its id is known only then. */
function rowOf({ isNew }: TokenUser, { user }: UserFacts): UserId | undefined {
  return isNew ? undefined : user.id
}
