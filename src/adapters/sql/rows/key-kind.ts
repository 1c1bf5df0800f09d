import type { BudgetId, EpochMs, KeyDigest, OrganizationId, TeamId, UserId } from '../../../domain/ids.ts'
import type { JsonObject } from '../../../domain/json.ts'
import type { Blocker } from '../../../domain/role.ts'
import { storableJson, storableText } from '../../../domain/storable-text.ts'
import type { VirtualKey } from '../../../domain/virtual-key.ts'
import { limitColumnsOf, limitsOf, moneyOf, moneyText } from './limit-columns.ts'
import type { LimitRow } from './limit-columns.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf, textOrNull, timeOrNull } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

export interface KeyColumns extends LimitRow, StampColumns {
  readonly digest: KeyDigest
  readonly display_name: string
  readonly alias: string | null
  readonly user_id: UserId | null
  readonly team_id: TeamId | null
  readonly organization_id: OrganizationId | null
  readonly needs_membership: boolean
  readonly roleless: boolean
  readonly models: readonly string[]
  readonly model_aliases: Readonly<Record<string, string>>
  readonly allowed_routes: readonly string[]
  readonly allowed_passthrough_routes: readonly string[]
  readonly enforced_params: readonly string[]
  readonly tags: readonly string[]
  readonly metadata: JsonObject
  readonly inert: JsonObject
  readonly access_group_ids: readonly string[]
  readonly budget_id: BudgetId | null
  readonly temp_budget_increase_pico: string | null
  readonly temp_budget_expires_at: EpochMs | null
  readonly blocked: boolean
  readonly blocked_by_role: Blocker | null
  readonly expires_at: EpochMs | null
  readonly rotation_count: number
  readonly last_rotated_at: EpochMs | null
}

export const keyKind: RowKind<VirtualKey, KeyDigest, KeyColumns> = {
  table: 'virtual_key',
  id: 'digest',
  idOf: (key) => key.digest,
  read: (row) => ({
    digest: row.digest,
    displayName: row.display_name,
    alias: row.alias ?? undefined,
    userId: row.user_id ?? undefined,
    teamId: row.team_id ?? undefined,
    organizationId: row.organization_id ?? undefined,
    needsMembership: row.needs_membership,
    roleless: row.roleless,
    models: row.models,
    modelAliases: row.model_aliases,
    allowedRoutes: row.allowed_routes,
    allowedPassThroughRoutes: row.allowed_passthrough_routes,
    enforcedParams: row.enforced_params,
    tags: row.tags,
    metadata: row.metadata,
    inert: row.inert,
    accessGroupIds: row.access_group_ids,
    limits: limitsOf(row),
    budgetId: row.budget_id ?? undefined,
    temporaryBudget: temporaryBudgetOf(row),
    blocked: row.blocked,
    blockedByRole: row.blocked_by_role ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    rotationCount: row.rotation_count,
    lastRotatedAt: row.last_rotated_at ?? undefined,
    ...stampsOf(row),
  }),
  write: (key) => ({
    digest: key.digest,
    display_name: storableText(key.displayName),
    alias: textOrNull(key.alias),
    user_id: key.userId ?? null,
    team_id: key.teamId ?? null,
    organization_id: key.organizationId ?? null,
    needs_membership: key.needsMembership,
    roleless: key.roleless,
    models: key.models.map(storableText),
    model_aliases: storableJson(key.modelAliases),
    allowed_routes: key.allowedRoutes.map(storableText),
    allowed_passthrough_routes: key.allowedPassThroughRoutes.map(storableText),
    enforced_params: key.enforcedParams.map(storableText),
    tags: key.tags.map(storableText),
    metadata: storableJson(key.metadata),
    inert: storableJson(key.inert),
    access_group_ids: key.accessGroupIds.map(storableText),
    ...limitColumnsOf(key.limits),
    budget_id: key.budgetId ?? null,
    temp_budget_increase_pico: moneyText(key.temporaryBudget?.increase),
    temp_budget_expires_at: timeOrNull(key.temporaryBudget?.expiresAt),
    blocked: key.blocked,
    blocked_by_role: key.blocked ? (key.blockedByRole ?? null) : null,
    expires_at: timeOrNull(key.expiresAt),
    rotation_count: key.rotationCount,
    last_rotated_at: timeOrNull(key.lastRotatedAt),
    ...stampColumnsOf(key),
  }),
}

function temporaryBudgetOf(row: KeyColumns): VirtualKey['temporaryBudget'] {
  const increase = moneyOf(row.temp_budget_increase_pico)
  return increase === undefined || row.temp_budget_expires_at === null
    ? undefined
    : { increase, expiresAt: row.temp_budget_expires_at }
}
