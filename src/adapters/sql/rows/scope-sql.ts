import { type RawBuilder, sql } from 'kysely'
import type { Scope } from '../../../ports/registry.ts'

/** What of `virtual_key k` a scope sees. */
export function keysInScope(scope: Scope): RawBuilder<unknown>[] {
  if (scope.sees === 'all') return []
  const { organizations, teams, userId, keyDigest } = scope
  const ways: RawBuilder<unknown>[] = [
    sql`k.digest = ${keyDigest ?? ''}`,
    sql`k.user_id = ${userId ?? ''}`,
    sql`k.team_id = any(${teams}::text[])`,
    sql`k.organization_id = any(${organizations}::text[])`,
    // An array, because each of these ways has an index, and a subquery among them would make none of use.
    sql`k.team_id = any(array(
      select t.team_id from latchkey.team t where t.organization_id = any(${organizations}::text[])))`,
  ]
  return [sql`(${sql.join(ways, sql` or `)})`]
}

/** What of `team t` a scope sees. */
export function teamsInScope(scope: Scope): RawBuilder<unknown>[] {
  if (scope.sees === 'all') return []
  const { organizations, teams } = scope
  return [sql`(t.team_id = any(${teams}::text[]) or t.organization_id = any(${organizations}::text[]))`]
}

/** What of `user_account u` a scope sees: oneself, members of one's teams, members of one's organisations. */
export function usersInScope(scope: Scope): RawBuilder<unknown>[] {
  if (scope.sees === 'all') return []
  const { organizations, teams, userId } = scope
  const ways: RawBuilder<unknown>[] = [
    sql`select ${userId ?? ''}::text`,
    sql`select m.user_id from latchkey.team_member m where m.team_id = any(${teams}::text[])`,
    sql`select m.user_id from latchkey.team_member m join latchkey.team t on t.team_id = m.team_id
      where t.organization_id = any(${organizations}::text[])`,
    sql`select o.user_id from latchkey.organization_member o where o.organization_id = any(${organizations}::text[])`,
  ]
  return [sql`u.user_id in (${sql.join(ways, sql` union all `)})`]
}

/** What of `organization o` a scope sees. */
export function organizationsInScope(scope: Scope): RawBuilder<unknown>[] {
  return scope.sees === 'all' ? [] : [sql`o.organization_id = any(${scope.organizations}::text[])`]
}
