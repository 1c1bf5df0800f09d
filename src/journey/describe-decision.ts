import type { Decision } from '../domain/decision.ts'
import type { JsonObject } from '../domain/json.ts'
import type { ModelCatalogue } from '../domain/model-catalogue.ts'
import { keyOf, membershipOf, roleOf, teamIdOf, userIdOf } from '../domain/principal.ts'
import type { Principal } from '../domain/principal.ts'
import type { Reach } from '../domain/reach.ts'
import type { RouteFacts } from './1-intake/arrival.ts'
import type { Proof } from './2-authenticate/verify-credential.ts'
import type { RoutePolicy } from './4-authorise/decide-route.ts'
import { resolveFor } from './4-authorise/decide-model-access.ts'
import { modelLevels } from './4-authorise/model-levels.ts'

/** What each step looked at, for whoever asks why. No secret, and a key by the name that people know it by. */

export function describeProof(proof: Decision<Proof>): JsonObject {
  if (proof.verdict === 'deny') return {}
  switch (proof.granted.kind) {
    case 'master-key':
      return { credential: 'master-key' }
    case 'virtual-key': {
      const { displayName, alias, expiresAt } = proof.granted.key
      const expires = expiresAt === undefined ? null : new Date(expiresAt).toISOString()
      return { credential: 'virtual-key', key_name: displayName, key_alias: alias ?? null, expires }
    }
    case 'token': {
      const { issuer, via, expiresAt } = proof.granted.token
      const expires = expiresAt === undefined ? null : new Date(expiresAt).toISOString()
      return { credential: 'token', issuer, via, expires }
    }
  }
}

export function describeStanding(principal: Principal): JsonObject {
  if (principal.kind === 'master') return {}
  const { user, team } = principal.standing
  const [userId, teamId] = [userIdOf(principal), teamIdOf(principal)]
  return {
    user_id: userId ?? null,
    user: userId === undefined ? null : stateOf(user?.user),
    team_id: teamId ?? null,
    team: teamId === undefined ? null : stateOf(team),
    is_member: membershipOf(principal) !== undefined,
    needs_membership: keyOf(principal)?.needsMembership ?? false,
  }
}

function stateOf(row: { readonly blocked: boolean } | undefined): 'absent' | 'blocked' | 'open' {
  if (row === undefined) return 'absent'
  return row.blocked ? 'blocked' : 'open'
}

export function describeRoute(
  principal: Principal,
  { path, row, passThrough }: RouteFacts,
  policy: RoutePolicy,
): JsonObject {
  return {
    route: path,
    access_row: row.id,
    user_role: roleOf(principal),
    key_allowed_routes: keyOf(principal)?.allowedRoutes ?? null,
    ...(passThrough === undefined ? {} : describeOpened(principal)),
    'general_settings.allowed_routes': policy.served ?? null,
    'general_settings.admin_only_routes': policy.adminOnly,
  }
}

function describeOpened(principal: Principal): JsonObject {
  const team = principal.kind === 'master' ? undefined : principal.standing.team
  return {
    key_allowed_passthrough_routes: keyOf(principal)?.allowedPassThroughRoutes ?? null,
    team_allowed_passthrough_routes: team?.allowedPassThroughRoutes ?? null,
  }
}

export function describeModelAccess(principal: Principal, model: string, catalogue: ModelCatalogue): JsonObject {
  return {
    model,
    leads_to: resolveFor(principal, model, catalogue)?.names ?? null,
    lists: modelLevels(principal).map(({ object, models, accessGroupIds }) => ({
      of: object,
      models,
      access_groups: accessGroupIds,
    })),
  }
}

export function describeReach(reach: Reach | 'none'): JsonObject {
  if (reach === 'none') return { reach: 'none' }
  if (reach.scope === 'all') return { reach: 'all', may_write: reach.mayWrite }
  return {
    reach: 'some',
    organizations: [...reach.organizations],
    administered_teams: [...reach.adminTeams],
    member_teams: [...reach.memberTeams.keys()],
    own: reach.userId !== undefined || reach.keyDigest !== undefined,
  }
}
