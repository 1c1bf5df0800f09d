import type { AccessGroup } from '../../../domain/access-group.ts'
import type { Budget } from '../../../domain/budget.ts'
import type { EndUser } from '../../../domain/end-user.ts'
import type { BudgetId, EndUserId, EpochMs, OrganizationId, TeamId, UserId } from '../../../domain/ids.ts'
import type { Invitation } from '../../../domain/invitation.ts'
import type { JsonObject } from '../../../domain/json.ts'
import type { Organization } from '../../../domain/organization.ts'
import { storableJson, storableText } from '../../../domain/storable-text.ts'
import type { StoredCredential } from '../../../domain/stored-credential.ts'
import type { StoredModel } from '../../../domain/stored-model.ts'
import type { Tag } from '../../../domain/tag.ts'
import { timestampText } from '../column-types.ts'
import { limitColumnsOf, limitsOf } from './limit-columns.ts'
import type { LimitRow } from './limit-columns.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf, textOrNull, timeOrNull } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

interface BudgetColumns extends LimitRow, StampColumns {
  readonly budget_id: BudgetId
  readonly is_own: boolean
  readonly allowed_models: readonly string[]
}

export const budgetKind: RowKind<Budget, BudgetId, BudgetColumns> = {
  table: 'budget',
  id: 'budget_id',
  idOf: (budget) => budget.id,
  read: (row) => ({
    id: row.budget_id,
    isOwn: row.is_own,
    limits: limitsOf(row),
    allowedModels: row.allowed_models,
    ...stampsOf(row),
  }),
  write: (budget) => ({
    budget_id: budget.id,
    is_own: budget.isOwn,
    ...limitColumnsOf(budget.limits),
    allowed_models: budget.allowedModels.map(storableText),
    ...stampColumnsOf(budget),
  }),
}

interface OrganizationColumns extends StampColumns {
  readonly organization_id: OrganizationId
  readonly alias: string
  readonly budget_id: BudgetId
  readonly models: readonly string[]
  readonly metadata: JsonObject
}

export const organizationKind: RowKind<Organization, OrganizationId, OrganizationColumns> = {
  table: 'organization',
  id: 'organization_id',
  idOf: (organization) => organization.id,
  read: (row) => ({
    id: row.organization_id,
    alias: row.alias,
    budgetId: row.budget_id,
    models: row.models,
    metadata: row.metadata,
    ...stampsOf(row),
  }),
  write: (organization) => ({
    organization_id: organization.id,
    alias: storableText(organization.alias),
    budget_id: organization.budgetId,
    models: organization.models.map(storableText),
    metadata: storableJson(organization.metadata),
    ...stampColumnsOf(organization),
  }),
}

interface EndUserColumns {
  readonly end_user_id: EndUserId
  readonly alias: string | null
  readonly blocked: boolean
  readonly allowed_model_region: 'eu' | 'us' | null
  readonly default_model: string | null
  readonly budget_id: BudgetId | null
  readonly created_at: EpochMs
  readonly updated_at: EpochMs
}

export const endUserKind: RowKind<EndUser, EndUserId, EndUserColumns> = {
  table: 'end_user',
  id: 'end_user_id',
  idOf: (endUser) => endUser.id,
  read: (row) => ({
    id: row.end_user_id,
    alias: row.alias ?? undefined,
    blocked: row.blocked,
    allowedModelRegion: row.allowed_model_region ?? undefined,
    defaultModel: row.default_model ?? undefined,
    budgetId: row.budget_id ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }),
  write: (endUser) => ({
    end_user_id: endUser.id,
    alias: textOrNull(endUser.alias),
    blocked: endUser.blocked,
    allowed_model_region: endUser.allowedModelRegion ?? null,
    default_model: textOrNull(endUser.defaultModel),
    budget_id: endUser.budgetId ?? null,
    created_at: timestampText(endUser.createdAt),
    updated_at: timestampText(endUser.updatedAt),
  }),
}

interface TagColumns {
  readonly name: string
  readonly description: string | null
  readonly models: readonly string[]
  readonly budget_id: BudgetId | null
  readonly created_at: EpochMs
  readonly created_by: string
  readonly updated_at: EpochMs
}

export const tagKind: RowKind<Tag, string, TagColumns> = {
  table: 'tag',
  id: 'name',
  idOf: (tag) => tag.name,
  read: (row) => ({
    name: row.name,
    description: row.description ?? undefined,
    models: row.models,
    budgetId: row.budget_id ?? undefined,
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
  }),
  write: (tag) => ({
    name: storableText(tag.name),
    description: textOrNull(tag.description),
    models: tag.models.map(storableText),
    budget_id: tag.budgetId ?? null,
    created_at: timestampText(tag.createdAt),
    created_by: storableText(tag.createdBy),
    updated_at: timestampText(tag.updatedAt),
  }),
}

interface AccessGroupColumns extends StampColumns {
  readonly access_group_id: string
  readonly name: string
  readonly description: string | null
  readonly models: readonly string[]
  readonly mcp_server_ids: readonly string[]
  readonly agent_ids: readonly string[]
}

export const accessGroupKind: RowKind<AccessGroup, string, AccessGroupColumns> = {
  table: 'access_group',
  id: 'access_group_id',
  idOf: (group) => group.id,
  read: (row) => ({
    id: row.access_group_id,
    name: row.name,
    description: row.description ?? undefined,
    models: row.models,
    mcpServerIds: row.mcp_server_ids,
    agentIds: row.agent_ids,
    ...stampsOf(row),
  }),
  write: (group) => ({
    access_group_id: group.id,
    name: storableText(group.name),
    description: textOrNull(group.description),
    models: group.models.map(storableText),
    mcp_server_ids: group.mcpServerIds.map(storableText),
    agent_ids: group.agentIds.map(storableText),
    ...stampColumnsOf(group),
  }),
}

interface CredentialColumns extends StampColumns {
  readonly name: string
  readonly sealed_values: string
  readonly info: JsonObject
}

export const credentialKind: RowKind<StoredCredential, string, CredentialColumns> = {
  table: 'credential',
  id: 'name',
  idOf: (credential) => credential.name,
  read: (row) => ({ name: row.name, sealedValues: row.sealed_values, info: row.info, ...stampsOf(row) }),
  write: (credential) => ({
    name: storableText(credential.name),
    sealed_values: credential.sealedValues,
    info: storableJson(credential.info),
    ...stampColumnsOf(credential),
  }),
}

interface ModelColumns extends StampColumns {
  readonly model_id: string
  readonly model_name: string
  readonly public_name: string
  readonly team_id: TeamId | null
  readonly sealed_params: string
  readonly info: JsonObject
  readonly blocked: boolean
}

export const modelKind: RowKind<StoredModel, string, ModelColumns> = {
  table: 'stored_model',
  id: 'model_id',
  idOf: (model) => model.id,
  read: (row) => ({
    id: row.model_id,
    modelName: row.model_name,
    publicName: row.public_name,
    teamId: row.team_id ?? undefined,
    sealedParams: row.sealed_params,
    info: row.info,
    blocked: row.blocked,
    ...stampsOf(row),
  }),
  write: (model) => ({
    model_id: storableText(model.id),
    model_name: storableText(model.modelName),
    public_name: storableText(model.publicName),
    team_id: model.teamId ?? null,
    sealed_params: model.sealedParams,
    info: storableJson(model.info),
    blocked: model.blocked,
    ...stampColumnsOf(model),
  }),
}

interface InvitationColumns extends StampColumns {
  readonly invitation_id: string
  readonly user_id: UserId
  readonly secret_digest: string
  readonly accepted_at: EpochMs | null
  readonly expires_at: EpochMs
}

export const invitationKind: RowKind<Invitation, string, InvitationColumns> = {
  table: 'invitation',
  id: 'invitation_id',
  idOf: (invitation) => invitation.id,
  read: (row) => ({
    id: row.invitation_id,
    userId: row.user_id,
    secretDigest: row.secret_digest,
    acceptedAt: row.accepted_at ?? undefined,
    expiresAt: row.expires_at,
    ...stampsOf(row),
  }),
  write: (invitation) => ({
    invitation_id: invitation.id,
    user_id: invitation.userId,
    secret_digest: invitation.secretDigest,
    accepted_at: timeOrNull(invitation.acceptedAt),
    expires_at: timestampText(invitation.expiresAt),
    ...stampColumnsOf(invitation),
  }),
}
