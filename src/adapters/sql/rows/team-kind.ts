import type { BudgetId, OrganizationId, TeamId } from '../../../domain/ids.ts'
import type { JsonObject } from '../../../domain/json.ts'
import type { Blocker } from '../../../domain/role.ts'
import { storableJson, storableText } from '../../../domain/storable-text.ts'
import type { Team } from '../../../domain/team.ts'
import { limitColumnsOf, limitsOf } from './limit-columns.ts'
import type { LimitRow } from './limit-columns.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf, textOrNull } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

export interface TeamColumns extends LimitRow, StampColumns {
  readonly team_id: TeamId
  readonly alias: string | null
  readonly organization_id: OrganizationId | null
  readonly models: readonly string[]
  readonly model_aliases: Readonly<Record<string, string>>
  readonly metadata: JsonObject
  readonly tags: readonly string[]
  readonly blocked: boolean
  readonly blocked_by_role: Blocker | null
  readonly member_permissions: readonly string[]
  readonly default_member_models: readonly string[]
  readonly access_group_ids: readonly string[]
  readonly allowed_passthrough_routes: readonly string[]
  readonly member_budget_id: BudgetId | null
}

export const teamKind: RowKind<Team, TeamId, TeamColumns> = {
  table: 'team',
  id: 'team_id',
  idOf: (team) => team.id,
  read: (row) => ({
    id: row.team_id,
    alias: row.alias ?? undefined,
    organizationId: row.organization_id ?? undefined,
    models: row.models,
    modelAliases: row.model_aliases,
    metadata: row.metadata,
    tags: row.tags,
    blocked: row.blocked,
    blockedByRole: row.blocked_by_role ?? undefined,
    memberPermissions: row.member_permissions,
    defaultMemberModels: row.default_member_models,
    accessGroupIds: row.access_group_ids,
    allowedPassThroughRoutes: row.allowed_passthrough_routes,
    memberBudgetId: row.member_budget_id ?? undefined,
    limits: limitsOf(row),
    ...stampsOf(row),
  }),
  write: (team) => ({
    team_id: team.id,
    alias: textOrNull(team.alias),
    organization_id: team.organizationId ?? null,
    models: team.models.map(storableText),
    model_aliases: storableJson(team.modelAliases),
    metadata: storableJson(team.metadata),
    tags: team.tags.map(storableText),
    blocked: team.blocked,
    blocked_by_role: team.blocked ? (team.blockedByRole ?? null) : null,
    member_permissions: team.memberPermissions.map(storableText),
    default_member_models: team.defaultMemberModels.map(storableText),
    access_group_ids: team.accessGroupIds.map(storableText),
    allowed_passthrough_routes: team.allowedPassThroughRoutes.map(storableText),
    member_budget_id: team.memberBudgetId ?? null,
    ...limitColumnsOf(team.limits),
    ...stampColumnsOf(team),
  }),
}
