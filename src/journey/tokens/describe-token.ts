import type { Decision } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { TokenFacts } from '../../domain/token-facts.ts'
import type { TokenGround } from '../../domain/token-ground.ts'

/** What a token was understood to say, for whoever asks why. */
export function describeFacts(facts: Decision<TokenFacts>): JsonObject {
  if (facts.verdict === 'deny') return {}
  const { granted } = facts
  return {
    issuer: granted.issuer,
    subject: granted.subject ?? null,
    email: granted.email ?? null,
    email_proven: granted.emailIsProven,
    team_id: granted.teamId ?? null,
    team_ids: granted.teamIds ?? null,
    team_alias: granted.teamAlias ?? null,
    organization_id: granted.organizationId ?? null,
    organization_alias: granted.organizationAlias ?? null,
    end_user_id: granted.endUserId ?? null,
    scopes: granted.scopes,
    roles: granted.roles,
    scope_admin: granted.isScopeAdmin,
    token_role: granted.tokenRole ?? null,
    mapped_role: granted.mappedRole ?? null,
  }
}

/** What the directory was found to know about that. */
export function describeGround({ user, teams, teamsByAlias, organization }: TokenGround): JsonObject {
  return {
    user: describeUser(user),
    teams: Object.fromEntries([...teams].map(([name, found]) => [name, found === undefined ? 'absent' : 'found'])),
    team_aliases: Object.fromEntries([...teamsByAlias].map(([alias, ids]) => [alias, ids.length])),
    organization: organization?.is ?? null,
  }
}

function describeUser(user: TokenGround['user']): JsonObject | null {
  switch (user?.is) {
    case undefined:
      return null
    case 'found':
      return { user_id: user.facts.user.id, found_by: user.by }
    case 'new':
      return { user_id: user.facts.user.id, found_by: null, was_deleted: user.wasDeleted }
    case 'ambiguous-email':
      return { user_id: null, found_by: 'ambiguous-email' }
  }
}
