import { z } from 'zod'
import {
  emptiable,
  filledText,
  flag,
  jsonMap,
  optional,
  pageNumber,
  pageSize,
  text,
  textMap,
  texts,
  wholeNumber,
} from './lenient.ts'
import { clearable, decimal, limitFields, limitWish, windowFields } from './limits.ts'
import { teamMember } from './members.ts'

/** What may be said about a team in every call that writes one. */
const teamFields = {
  team_alias: clearable(text),
  organization_id: clearable(text),
  models: optional(texts),
  model_aliases: optional(textMap),
  metadata: optional(jsonMap),
  tags: optional(texts),
  blocked: optional(flag),
  team_member_permissions: optional(texts),
  default_team_member_models: optional(texts),
  access_group_ids: optional(texts),
  allowed_passthrough_routes: optional(texts),
  team_member_budget: clearable(decimal),
  team_member_budget_duration: clearable(text),
  team_member_rpm_limit: clearable(wholeNumber),
  team_member_tpm_limit: clearable(wholeNumber),
  ...limitFields,
  ...windowFields,
}

const wishShape = z.object(teamFields)

/** In our words. */
function inOurWords(fields: z.output<typeof wishShape>) {
  return {
    alias: fields.team_alias,
    organizationId: fields.organization_id,
    models: fields.models,
    modelAliases: fields.model_aliases,
    metadata: fields.metadata,
    tags: fields.tags,
    blocked: fields.blocked,
    memberPermissions: fields.team_member_permissions,
    defaultMemberModels: fields.default_team_member_models,
    accessGroupIds: fields.access_group_ids,
    allowedPassThroughRoutes: fields.allowed_passthrough_routes,
    limits: limitWish(fields),
    memberLimits: {
      maxBudget: fields.team_member_budget,
      budgetDuration: fields.team_member_budget_duration,
      tokensPerMinute: fields.team_member_tpm_limit,
      requestsPerMinute: fields.team_member_rpm_limit,
    },
  }
}

export const teamNewBody = z
  .object({
    ...teamFields,
    team_id: optional(filledText),
    members_with_roles: optional(z.array(teamMember).max(500)),
    admins: optional(texts),
    members: optional(texts),
  })
  .transform(({ team_id, members_with_roles = [], admins = [], members = [], ...fields }) => ({
    teamId: team_id,
    members: [
      ...members_with_roles,
      ...admins.map((userId) => ({ userId, email: undefined, role: 'admin' as const })),
      ...members.map((userId) => ({ userId, email: undefined, role: 'user' as const })),
    ],
    wish: inOurWords(fields),
  }))

/** Of lists that restrict null says nothing: an empty one would open all models. */
const emptiedFields = {
  model_aliases: emptiable(textMap, {}),
  metadata: emptiable(jsonMap, {}),
  tags: emptiable(texts, []),
  team_member_permissions: emptiable(texts, []),
  allowed_passthrough_routes: emptiable(texts, []),
}

/** A text without content is what clients send that manage whole resources; it moves no team. */
export const teamUpdateBody = z
  .object({
    ...teamFields,
    ...emptiedFields,
    team_id: text,
    organization_id: filledText.nullish(),
    updated_at: optional(text),
  })
  .transform(({ team_id, updated_at, ...fields }) => ({
    teamId: team_id,
    wish: { ...inOurWords(fields), seenAt: updated_at },
  }))

export const teamDeleteBody = z
  .object({ team_ids: z.array(text).min(1).max(500) })
  .transform(({ team_ids }) => ({ teamIds: team_ids }))

export const teamNamed = z.object({ team_id: text }).transform(({ team_id }) => ({ teamId: team_id }))

export const teamModelsBody = z
  .object({ team_id: text, models: texts })
  .transform(({ team_id, models }) => ({ teamId: team_id, models }))

export const teamPermissionsBody = z
  .object({ team_id: text, team_member_permissions: texts })
  .transform(({ team_id, team_member_permissions }) => ({ teamId: team_id, permissions: team_member_permissions }))

export const teamListQuery = z
  .object({ user_id: optional(filledText), organization_id: optional(filledText) })
  .transform(({ user_id, organization_id }) => ({ userId: user_id, organizationId: organization_id }))

export const teamFilterQuery = z
  .object({
    team_id: optional(filledText),
    team_alias: optional(filledText),
    page: optional(pageNumber),
    page_size: optional(pageSize(100)),
  })
  .transform((query) => ({
    teamId: query.team_id,
    alias: query.team_alias,
    page: query.page ?? 1,
    size: query.page_size ?? 50,
  }))

export const teamPageQuery = z
  .object({
    page: optional(pageNumber),
    page_size: optional(pageSize(100)),
    team_id: optional(filledText),
    organization_id: optional(filledText),
    team_alias: optional(filledText),
    user_id: optional(filledText),
    sort_by: optional(filledText),
    sort_order: optional(filledText),
    status: optional(filledText),
  })
  .transform((query) => ({
    page: query.page ?? 1,
    size: query.page_size ?? 10,
    teamId: query.team_id,
    organizationId: query.organization_id,
    alias: query.team_alias,
    userId: query.user_id,
    sort: query.sort_by ?? 'created_at',
    order: query.sort_order ?? 'desc',
    status: query.status,
  }))
