import { type RawBuilder, sql } from 'kysely'
import type { BudgetId, OrganizationId, TeamId, UserId } from '../../../domain/ids.ts'
import type { OrganizationRole, TeamRole } from '../../../domain/role.ts'
import { foldEmail } from '../../../domain/fold-email.ts'
import { DEFAULT_MEMBER_PERMISSIONS } from '../../../domain/team.ts'
import type { IdentityLink } from '../../../domain/token-facts.ts'
import type { User, UserFacts } from '../../../domain/user.ts'
import type { UserQuery, UserRows } from '../../../ports/registry.ts'
import { issuerOf } from './membership-source.ts'
import { byBytes, bySpend, contains, pageOf } from './page-sql.ts'
import type { Sort } from './page-sql.ts'
import { keysInScope, usersInScope } from './scope-sql.ts'
import { aliasesIn, lock, type Place, sqlRows, where } from './sql-rows.ts'
import { touchUser } from './touch-user.ts'
import { userKind } from './user-kind.ts'
import type { UserColumns } from './user-kind.ts'

const SORTS: Readonly<Record<UserQuery['sort'], Sort>> = {
  user_id: { by: byBytes('u.user_id') },
  user_email: { by: byBytes('u.email'), isNullable: true },
  created_at: { by: sql`u.created_at` },
  user_alias: { by: byBytes('u.alias'), isNullable: true },
  user_role: { by: byBytes('u.role') },
  spend: bySpend('user', sql`u.user_id`),
}

export function sqlUserRows(place: Place): UserRows {
  const { db } = place
  const rows = sqlRows(userKind, place)

  /** What failed has ended the transaction, in which nothing can be read any more. */
  async function withNames<Outcome>(ids: readonly UserId[], work: () => Promise<Outcome>): Promise<Outcome> {
    await touchUser(place, ids)
    const outcome = await work()
    if (outcome !== 'taken') await touchUser(place, ids)
    return outcome
  }

  /** No constraint keeps an address single, so that those who want the same one take turns. */
  async function findByEmail(email: string, also: RawBuilder<unknown>): Promise<readonly User[]> {
    const folded = foldEmail(email)
    if (place.locks) await sql`select pg_advisory_xact_lock(hashtextextended(${folded}, 1))`.execute(db)
    const found = await sql<UserColumns>`
      select * from latchkey.user_account where latchkey.folded_email(email) = ${folded} ${also}
      order by user_id ${lock(place)}`.execute(db)
    return found.rows.map(userKind.read)
  }

  return {
    ...rows,
    insert: (user) => withNames([user.id], () => rows.insert(user)),
    update: (user) => withNames([user.id], () => rows.update(user)),
    delete: (ids) => withNames(ids, () => rows.delete(ids)),
    facts: (id) => findUserFacts(place, id),
    factsOf: (ids) => findFactsOf(place, ids),

    async markEmailAsClaim(id) {
      await sql`update latchkey.user_account set email_is_claim = true where user_id = ${id}`.execute(db)
      await touchUser(place, [id])
    },

    findByEmail: (email) => findByEmail(email, sql``),
    namedByEmail: (email) => findByEmail(email, sql`and not email_is_claim`),

    /** Administrators are locked while they are counted, so that two changes can't each take the other's last one. */
    async countOtherAdmins(except) {
      const { rows } = await sql`
        select user_id from latchkey.user_account
        where role = 'proxy_admin' and not blocked and metadata ->> 'scim_active' is distinct from 'false'
          and user_id <> all(${[...except, 'default_user_id']}::text[])
        order by user_id ${lock(place)}`.execute(db)
      return rows.length
    },

    list: (query) =>
      pageOf(db, {
        from: sql`latchkey.user_account u`,
        alias: 'u',
        id: 'user_id',
        conditions: conditionsOf(query),
        isSearch: query.idPart !== undefined || query.emailPart !== undefined,
        sort: SORTS[query.sort],
        tie: byBytes('u.user_id'),
        page: query,
        read: userKind.read,
      }),

    async keyCounts(ids, scope) {
      const { rows } = await sql<{ user_id: UserId; keys: bigint }>`
        select k.user_id, count(*) as keys from latchkey.virtual_key k
        ${where([sql`k.user_id = any(${ids}::text[])`, ...keysInScope(scope)])} group by k.user_id`.execute(db)
      return new Map(rows.map((row) => [row.user_id, Number(row.keys)]))
    },

    async teamsOf(ids) {
      const { rows } = await sql<{ user_id: UserId; teams: readonly TeamId[] }>`
        select user_id, array_agg(team_id order by created_at, team_id) as teams
        from latchkey.team_member where user_id = any(${ids}::text[]) group by user_id`.execute(db)
      return new Map(rows.map((row) => [row.user_id, row.teams]))
    },

    aliases: (ids) => aliasesIn(userKind, ids, place),
  }
}

interface TeamStandingColumns {
  readonly team_id: TeamId
  readonly role: TeamRole
  readonly budget_id: BudgetId | null
  readonly organization_id: OrganizationId | null
  readonly member_permissions: readonly string[]
  readonly source: string
}

interface OrganizationStandingColumns {
  readonly organization_id: OrganizationId
  readonly role: OrganizationRole
  readonly budget_id: BudgetId | null
}

interface FactColumns extends UserColumns {
  readonly teams: readonly TeamStandingColumns[]
  readonly organizations: readonly OrganizationStandingColumns[]
  readonly identities: readonly IdentityLink[]
}

export async function findUserFacts(place: Pick<Place, 'db'>, id: UserId): Promise<UserFacts | undefined> {
  return (await findFactsOf(place, [id])).get(id)
}

/** One statement, so that a user is never seen with the memberships of another moment. */
async function findFactsOf({ db }: Pick<Place, 'db'>, ids: readonly UserId[]): Promise<ReadonlyMap<UserId, UserFacts>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<FactColumns>`
    select u.*,
      (select coalesce(jsonb_agg(jsonb_build_object(
          'team_id', m.team_id, 'role', m.role, 'budget_id', m.budget_id,
          'organization_id', t.organization_id, 'member_permissions', t.member_permissions,
          'source', m.source) order by m.created_at, m.team_id), '[]')
        from latchkey.team_member m join latchkey.team t on t.team_id = m.team_id where m.user_id = u.user_id) as teams,
      (select coalesce(jsonb_agg(jsonb_build_object(
          'organization_id', o.organization_id, 'role', o.role, 'budget_id', o.budget_id) order by o.created_at), '[]')
        from latchkey.organization_member o where o.user_id = u.user_id) as organizations,
      (select coalesce(jsonb_agg(jsonb_build_object('issuer', i.issuer, 'subject', i.subject)
          order by i.created_at, i.issuer, i.subject), '[]')
        from latchkey.user_identity i where i.user_id = u.user_id) as identities
    from latchkey.user_account u where u.user_id = any(${ids}::text[])`.execute(db)
  return new Map(rows.map((row) => [row.user_id, factsOf(row)]))
}

function factsOf(row: FactColumns): UserFacts {
  const user = userKind.read(row)
  return {
    user,
    teams: row.teams.map((team) => ({
      teamId: team.team_id,
      userId: user.id,
      role: team.role,
      budgetId: team.budget_id ?? undefined,
      organizationId: team.organization_id ?? undefined,
      permissions: team.member_permissions.length === 0 ? DEFAULT_MEMBER_PERMISSIONS : team.member_permissions,
      source: issuerOf(team.source),
    })),
    organizations: row.organizations.map((organization) => ({
      organizationId: organization.organization_id,
      userId: user.id,
      role: organization.role,
      budgetId: organization.budget_id ?? undefined,
    })),
    identities: row.identities.map(({ issuer, subject }) => ({ issuer, subject })),
  }
}

function conditionsOf(query: UserQuery): RawBuilder<unknown>[] {
  const conditions = usersInScope(query.scope)
  if (query.role !== undefined) conditions.push(sql`u.role = ${query.role}`)
  if (query.ids !== undefined) conditions.push(sql`u.user_id = any(${query.ids}::text[])`)
  if (query.idPart !== undefined) conditions.push(contains('u.user_id', query.idPart))
  if (query.ssoUserIds !== undefined) {
    conditions.push(sql`(u.sso_user_id = any(${query.ssoUserIds}::text[]) or u.user_id in (
      select i.user_id from latchkey.user_identity i where i.subject = any(${query.ssoUserIds}::text[])))`)
  }
  if (query.emailPart !== undefined) conditions.push(contains('u.email', query.emailPart))
  if (query.teamId !== undefined) {
    conditions.push(sql`u.user_id in (select m.user_id from latchkey.team_member m where m.team_id = ${query.teamId})`)
  }
  if (query.organizationIds !== undefined) {
    conditions.push(sql`u.user_id in (select m.user_id from latchkey.organization_member m
      where m.organization_id = any(${query.organizationIds}::text[]))`)
  }
  return conditions
}
