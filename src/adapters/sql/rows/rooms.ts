import { type RawBuilder, sql } from 'kysely'
import type { Rooms } from '../../../ports/registry.ts'
import { sqlAccessGroupRows } from './access-group-rows.ts'
import { aliasedRows } from './aliased-rows.ts'
import { budgetKind } from './budget-kind.ts'
import { credentialKind } from './credential-kind.ts'
import { endUserKind } from './end-user-kind.ts'
import { sqlFormerUserRows } from './former-user-rows.ts'
import { sqlIdentityRows } from './identity-rows.ts'
import { invitationKind } from './invitation-kind.ts'
import { sqlKeyMappingRows } from './key-mapping-rows.ts'
import { sqlKeyRows } from './key-rows.ts'
import { sqlOrganizationMemberRows, sqlTeamMemberRows } from './member-rows.ts'
import { sqlMergeRows } from './merge-rows.ts'
import { modelKind } from './model-kind.ts'
import { organizationKind } from './organization-kind.ts'
import { byBytes, contains } from './page-sql.ts'
import { organizationsInScope } from './scope-sql.ts'
import { aliasesIn, type Place, type RowKind, sqlRows, tableOf, where } from './sql-rows.ts'
import { tagKind } from './tag-kind.ts'
import { sqlRevocationRows } from './revocation-rows.ts'
import { sqlTeamRows } from './team-rows.ts'
import { sqlUserRows } from './user-rows.ts'

/** Everything that hangs on a budget row. */
const BUDGET_USERS = ['virtual_key', 'organization', 'team_member', 'organization_member', 'end_user', 'tag'] as const

export function sqlRooms(place: Place): Rooms {
  const { db } = place

  async function all<Row, Id extends string, Read>(
    kind: RowKind<Row, Id, Read>,
    conditions: readonly RawBuilder<unknown>[] = [],
  ): Promise<readonly Row[]> {
    const { rows } = await sql<Read>`
      select o.* from ${tableOf(kind.table)} o ${where(conditions)} order by ${byBytes(`o.${kind.id}`)}`.execute(db)
    return rows.map(kind.read)
  }

  return {
    keys: sqlKeyRows(place),
    users: sqlUserRows(place),
    identities: sqlIdentityRows(place),
    formerUsers: sqlFormerUserRows(place),
    merges: sqlMergeRows(place),
    teams: sqlTeamRows(place),
    teamMembers: sqlTeamMemberRows(place),
    organizations: {
      ...aliasedRows(sqlRows(organizationKind, place), organizationKind, place),
      list: ({ scope, id, aliasPart }) =>
        all(organizationKind, [
          ...organizationsInScope(scope),
          ...(id === undefined ? [] : [sql`o.organization_id = ${id}`]),
          ...(aliasPart === undefined ? [] : [contains('o.alias', aliasPart)]),
        ]),
    },
    organizationMembers: sqlOrganizationMemberRows(place),
    endUsers: {
      ...sqlRows(endUserKind, place),
      list: () => all(endUserKind),
      aliases: (ids) => aliasesIn(endUserKind, ids, place),
    },
    budgets: {
      ...sqlRows(budgetKind, place),
      list: () => all(budgetKind, [sql`not o.is_own`]),
      async countUses(id) {
        const uses = BUDGET_USERS.map(
          (table) => sql`select count(*) as uses from ${tableOf(table)} where budget_id = ${id}`,
        )
        const ofTeams = sql`select count(*) as uses from latchkey.team where member_budget_id = ${id}`
        const { rows } = await sql<{ uses: bigint }>`
          select sum(uses)::bigint as uses from (${sql.join([...uses, ofTeams], sql` union all `)}) all_uses`.execute(
          db,
        )
        return Number(rows[0]?.uses ?? 0n)
      },
    },
    tags: { ...sqlRows(tagKind, place), list: () => all(tagKind) },
    accessGroups: sqlAccessGroupRows(place),
    credentials: { ...sqlRows(credentialKind, place), list: () => all(credentialKind) },
    models: { ...sqlRows(modelKind, place), list: () => all(modelKind) },
    keyMappings: sqlKeyMappingRows(place),
    revocations: sqlRevocationRows(place),
    invitations: { ...sqlRows(invitationKind, place), ofUser: (id) => all(invitationKind, [sql`o.user_id = ${id}`]) },
  }
}
