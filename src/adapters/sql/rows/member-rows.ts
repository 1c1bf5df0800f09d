import { type RawBuilder, sql } from 'kysely'
import type { BudgetId, EpochMs, OrganizationId, TeamId, UserId } from '../../../domain/ids.ts'
import type { OrganizationRole, TeamRole } from '../../../domain/role.ts'
import type {
  OrganizationMemberRows,
  OrganizationMemberView,
  TeamMemberRows,
  TeamMemberView,
} from '../../../ports/registry.ts'
import { issuerOf, sourceText } from './membership-source.ts'
import type { Place } from './sql-rows.ts'

interface MemberColumns<Role> {
  readonly user_id: UserId
  readonly role: Role
  readonly budget_id: BudgetId | null
  readonly email: string | null
  readonly created_at: EpochMs
  readonly updated_at: EpochMs
}

/** One table of memberships of users in something. */
function members<Role extends string, GroupId extends string>(
  { db, locks, touched }: Place,
  table: 'team_member' | 'organization_member',
  group: 'team_id' | 'organization_id',
) {
  const into = sql.table(`latchkey.${table}`)
  const groupId = sql.ref(`m.${group}`)
  const hasUpdates = table === 'organization_member'
  const updatedAt = hasUpdates ? sql`m.updated_at` : sql`m.created_at`
  type Read = MemberColumns<Role> & { readonly group_id: GroupId }

  return {
    async select(condition: RawBuilder<unknown>): Promise<readonly Read[]> {
      const { rows } = await sql<Read>`
        select ${groupId} as group_id, m.user_id, m.role, m.budget_id, u.email,
          m.created_at, ${updatedAt} as updated_at
        from ${into} m join latchkey.user_account u on u.user_id = m.user_id
        where ${condition} order by m.created_at, m.user_id ${locks ? sql`for update of m` : sql``}`.execute(db)
      return rows
    },
    async insert(
      groupOf: GroupId,
      userId: UserId,
      role: Role,
      budgetId: BudgetId | undefined,
      source?: string,
    ): Promise<'inserted' | 'taken'> {
      touched.add('user_account', userId)
      const stamps = hasUpdates ? sql`created_at, updated_at` : sql`created_at`
      const now = hasUpdates ? sql`clock_timestamp(), clock_timestamp()` : sql`clock_timestamp()`
      const { rows } = await sql`
        insert into ${into} (${sql.ref(group)}, user_id, role, budget_id, source, ${stamps})
        values (${groupOf}, ${userId}, ${role}, ${budgetId ?? null}, ${sourceText(source)}, ${now})
        on conflict do nothing returning 1`.execute(db)
      return rows.length === 0 ? 'taken' : 'inserted'
    },
    async update(groupOf: GroupId, userId: UserId, role: Role, budgetId: BudgetId | undefined): Promise<void> {
      touched.add('user_account', userId)
      const stamp = hasUpdates ? sql`, updated_at = clock_timestamp()` : sql``
      await sql`update ${into} m set role = ${role}, budget_id = ${budgetId ?? null}${stamp}
        where ${groupId} = ${groupOf} and m.user_id = ${userId}`.execute(db)
    },
    async delete(groupOf: GroupId, userId: UserId): Promise<void> {
      touched.add('user_account', userId)
      await sql`delete from ${into} m where ${groupId} = ${groupOf} and m.user_id = ${userId}`.execute(db)
    },
  }
}

export function sqlTeamMemberRows(place: Place): TeamMemberRows {
  const rows = members<TeamRole, TeamId>(place, 'team_member', 'team_id')
  const select = async (condition: RawBuilder<unknown>): Promise<readonly TeamMemberView[]> =>
    (await rows.select(condition)).map((row) => ({
      teamId: row.group_id,
      userId: row.user_id,
      role: row.role,
      budgetId: row.budget_id ?? undefined,
      email: row.email ?? undefined,
    }))
  return {
    find: async (team, user) => (await select(sql`m.team_id = ${team} and m.user_id = ${user}`))[0],
    ofTeams: (teams) => select(sql`m.team_id = any(${teams}::text[])`),
    ofUser: (user) => select(sql`m.user_id = ${user}`),
    async sourceOf(team, user) {
      const found = await sql<{ source: string }>`
        select source from latchkey.team_member where team_id = ${team} and user_id = ${user}`.execute(place.db)
      const [row] = found.rows
      return row === undefined ? undefined : issuerOf(row.source)
    },
    insert: (member, source) => rows.insert(member.teamId, member.userId, member.role, member.budgetId, source),
    update: (member) => rows.update(member.teamId, member.userId, member.role, member.budgetId),
    delete: (team, user) => rows.delete(team, user),
  }
}

export function sqlOrganizationMemberRows(place: Place): OrganizationMemberRows {
  const rows = members<OrganizationRole, OrganizationId>(place, 'organization_member', 'organization_id')
  const select = async (condition: RawBuilder<unknown>): Promise<readonly OrganizationMemberView[]> =>
    (await rows.select(condition)).map((row) => ({
      organizationId: row.group_id,
      userId: row.user_id,
      role: row.role,
      budgetId: row.budget_id ?? undefined,
      email: row.email ?? undefined,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }))
  return {
    find: async (organization, user) =>
      (await select(sql`m.organization_id = ${organization} and m.user_id = ${user}`))[0],
    ofOrganizations: (ids) => select(sql`m.organization_id = any(${ids}::text[])`),
    ofUser: (user) => select(sql`m.user_id = ${user}`),
    insert: (member) => rows.insert(member.organizationId, member.userId, member.role, member.budgetId),
    update: (member) => rows.update(member.organizationId, member.userId, member.role, member.budgetId),
    delete: (organization, user) => rows.delete(organization, user),
  }
}
