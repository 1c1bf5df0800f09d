import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'

interface JoinedMembership {
  readonly role: RawBuilder<string>
  readonly budgetId: RawBuilder<string | null>
  readonly source: RawBuilder<string>
}

/** The highest first. */
export const TEAM_ROLES: readonly string[] = ['admin', 'user']
export const ORGANIZATION_ROLES: readonly string[] = ['org_admin', 'internal_user', 'internal_user_viewer']

/**
 * What becomes of two memberships in one group, `mine` and `theirs`, when their users are merged: the higher role, a budget
 * if one of them has one, and what people decided stays out of the reach of tokens.
 */
export function joinedMembership(roles: readonly string[]): JoinedMembership {
  const rank = (role: RawBuilder<unknown>) => sql`array_position(${roles}::text[], ${role})`
  return {
    role: sql`case when ${rank(sql`theirs.role`)} < ${rank(sql`mine.role`)} then theirs.role else mine.role end`,
    budgetId: sql`coalesce(mine.budget_id, theirs.budget_id)`,
    source: sql`case when theirs.source = 'api' then 'api' else mine.source end`,
  }
}
