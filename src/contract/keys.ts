import { z } from 'zod'
import { filledText, flag, jsonMap, optional, pageNumber, pageSize, text, textMap, texts } from './lenient.ts'
import { decimal, limitFields, limitWish, windowFields } from './limits.ts'
import type { LimitFields } from './limits.ts'

export const inertFields = {
  allowed_cache_controls: optional(texts),
  permissions: optional(jsonMap),
  config: optional(jsonMap),
}

/** What may be said about a key in every call that writes one. Members of other names are ignored. */
const keyFields = {
  key_alias: optional(filledText),
  user_id: optional(filledText),
  team_id: optional(filledText),
  organization_id: optional(filledText),
  budget_id: filledText.nullish(),
  access_group_ids: optional(texts),
  ...limitFields,
  ...windowFields,
  duration: optional(text),
  models: optional(texts),
  aliases: optional(textMap),
  allowed_routes: optional(texts),
  allowed_passthrough_routes: optional(texts),
  enforced_params: optional(texts),
  tags: optional(texts),
  metadata: optional(jsonMap),
  ...inertFields,
  blocked: optional(flag),
}

/** An update that sends `null` takes the expiry away, as `-1` does. */
const changedDuration = text.nullish().transform((value) => (value === null ? '-1' : value))

/** Clients that manage whole resources send an empty text for what was never set: it leaves the expiry as it is. */
const updatedDuration = changedDuration.transform((value) => (value === '' ? undefined : value))

/** What may be said about a new one. */
export const generateFields = {
  ...keyFields,
  key: optional(text),
  key_type: optional(z.enum(['llm_api', 'management', 'read_only', 'default'])),
}

export const generateBody = z.object(generateFields).transform(keyOrderOf)

export function keyOrderOf({ key, key_type, ...fields }: z.output<z.ZodObject<typeof generateFields>>) {
  return { ...inOurWords(fields), chosenKey: key, keyType: key_type }
}

export const updateBody = z
  .object({
    ...keyFields,
    key: text,
    duration: updatedDuration,
    temp_budget_increase: optional(decimal),
    temp_budget_expiry: optional(text),
    updated_at: optional(text),
  })
  .refine(
    ({ temp_budget_increase: more, temp_budget_expiry: until }) => (more === undefined) === (until === undefined),
    {
      message: '`temp_budget_increase` and `temp_budget_expiry` go together.',
    },
  )
  .transform(({ key, temp_budget_increase, temp_budget_expiry, updated_at, ...fields }) => ({
    key,
    wish: {
      ...inOurWords(fields),
      seenAt: updated_at,
      temporaryBudget:
        temp_budget_increase === undefined || temp_budget_expiry === undefined
          ? undefined
          : { increase: temp_budget_increase, until: temp_budget_expiry },
    },
  }))

export const serviceAccountBody = z
  .object({ ...keyFields, team_id: text, user_id: z.unknown().optional(), key: optional(text) })
  .transform(({ key, ...fields }) => ({ ...inOurWords({ ...fields, user_id: undefined }), chosenKey: key }))

export const bulkUpdateBody = z.object({ keys: z.array(jsonMap) })

export const keyNamesBody = z.object({ keys: texts })

export const resetSpendBody = z.object({ reset_to: decimal })

export const regenerateBody = z
  .object({
    ...keyFields,
    duration: changedDuration,
    key: optional(filledText),
    new_key: optional(text),
    new_master_key: optional(text),
    grace_period: optional(filledText),
  })
  .transform(({ key, new_key, new_master_key, grace_period, ...fields }) => ({
    key,
    newMasterKey: new_master_key,
    order: { ...inOurWords(fields), chosenKey: new_key, gracePeriod: grace_period },
  }))

export const deleteBody = z
  .object({ keys: optional(texts), key_aliases: optional(texts) })
  .transform(({ keys = [], key_aliases = [] }) => ({ keys, aliases: key_aliases }))
  .refine(({ keys, aliases }) => keys.length + aliases.length > 0, {
    message: "At least one of 'keys' or 'key_aliases' must be provided.",
  })

export const blockBody = z.object({ key: text })

export const leakedBody = z
  .object({ key: optional(filledText), keys: optional(texts) })
  .refine(({ key, keys }) => key !== undefined || keys !== undefined, {
    message: '`key` or `keys`: say what was found.',
  })
  .transform(({ key, keys = [] }) => (key === undefined ? keys : [key, ...keys]))

export const keyHealthBody = z.object({})

export const keyInfoQuery = z.object({ key: optional(filledText) })

export const keyListQuery = z
  .object({
    page: optional(pageNumber),
    size: optional(pageSize(100)),
    user_id: optional(filledText),
    team_id: optional(filledText),
    organization_id: optional(filledText),
    project_id: optional(filledText),
    key_hash: optional(filledText),
    key_alias: optional(filledText),
    return_full_object: optional(flag),
    include_team_keys: optional(flag),
    include_created_by_keys: optional(flag),
    expand: optional(z.union([text, texts])),
    sort_by: optional(filledText),
    sort_order: optional(filledText),
    status: optional(filledText),
  })
  .transform((query) => ({
    page: query.page ?? 1,
    size: query.size ?? 10,
    userId: query.user_id,
    key: query.key_hash,
    alias: query.key_alias,
    teamId: query.team_id,
    organizationId: query.organization_id,
    projectId: query.project_id,
    isFull: query.return_full_object ?? false,
    withTeamKeys: query.include_team_keys ?? false,
    withCreatedKeys: query.include_created_by_keys ?? false,
    withUser: [query.expand].flat().includes('user'),
    sort: query.sort_by ?? 'created_at',
    order: query.sort_order ?? 'desc',
    status: query.status,
  }))

/** Whoever names neither a page nor a size gets all of them, as before there were pages. */
export const keyAliasesQuery = z
  .object({
    page: optional(pageNumber),
    size: optional(pageSize(100)),
    search: optional(filledText),
    team_id: optional(filledText),
  })
  .transform(({ page, size, search, team_id }) => ({
    page: page === undefined && size === undefined ? undefined : { page: page ?? 1, size: size ?? 50 },
    part: search,
    teamId: team_id,
  }))

interface InertFields {
  readonly allowed_cache_controls?: readonly string[] | undefined
  readonly permissions?: z.infer<typeof jsonMap> | undefined
  readonly config?: z.infer<typeof jsonMap> | undefined
}

interface WireFields extends LimitFields, InertFields {
  readonly key_alias: string | undefined
  readonly user_id: string | undefined
  readonly team_id: string | undefined
  readonly organization_id: string | undefined
  readonly budget_id?: string | null | undefined
  readonly access_group_ids: readonly string[] | undefined
  readonly duration?: string | undefined
  readonly models: readonly string[] | undefined
  readonly aliases: Readonly<Record<string, string>> | undefined
  readonly allowed_routes: readonly string[] | undefined
  readonly allowed_passthrough_routes: readonly string[] | undefined
  readonly enforced_params: readonly string[] | undefined
  readonly tags: readonly string[] | undefined
  readonly metadata: z.infer<typeof jsonMap> | undefined
  readonly blocked: boolean | undefined
}

function inOurWords(fields: WireFields) {
  return {
    alias: fields.key_alias,
    userId: fields.user_id,
    teamId: fields.team_id,
    organizationId: fields.organization_id,
    budgetId: fields.budget_id,
    accessGroupIds: fields.access_group_ids,
    limits: limitWish(fields),
    duration: fields.duration,
    models: fields.models,
    modelAliases: fields.aliases,
    allowedRoutes: fields.allowed_routes,
    allowedPassThroughRoutes: fields.allowed_passthrough_routes,
    enforcedParams: fields.enforced_params,
    tags: fields.tags,
    metadata: fields.metadata,
    inert: inertOf(fields),
    blocked: fields.blocked,
  }
}

/** What clients write and read back, and nothing here stands behind. */
export function inertOf({ allowed_cache_controls, permissions, config }: InertFields) {
  const said = Object.entries({ allowed_cache_controls, permissions, config }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return said.length === 0 ? undefined : Object.fromEntries(said)
}
