import { z } from 'zod'
import { inertFields, inertOf } from './keys.ts'
import { filledText, flag, jsonMap, optional, pageNumber, pageSize, text, textMap, texts } from './lenient.ts'
import { limitFields, limitWish } from './limits.ts'

/** What may be said about a user in every call that writes one. Members of other names are ignored. */
const userFields = {
  user_id: optional(filledText),
  user_email: optional(filledText),
  user_alias: optional(filledText),
  user_role: optional(text),
  sso_user_id: optional(filledText),
  password: optional(text),
  models: optional(texts),
  metadata: optional(jsonMap),
  blocked: optional(flag),
  ...limitFields,
}

const fieldsShape = z.object(userFields)

const amount = limitFields.max_budget

const teamEntry = z.union([
  text.transform((id) => ({ id, role: undefined, maxBudget: undefined })),
  z
    .object({ team_id: text, max_budget_in_team: amount, user_role: optional(z.enum(['admin', 'user'])) })
    .transform((entry) => ({ id: entry.team_id, role: entry.user_role, maxBudget: entry.max_budget_in_team })),
])

export const newUserBody = fieldsShape
  .extend({
    teams: optional(z.array(teamEntry)),
    organizations: optional(texts),
    team_id: optional(filledText),
    auto_create_key: optional(flag),
    duration: optional(text),
    key_alias: optional(filledText),
    aliases: optional(textMap),
    ...inertFields,
  })
  .transform(({ teams = [], organizations = [], team_id, auto_create_key, ...fields }) => ({
    id: fields.user_id,
    wish: inOurWords(fields),
    teams: team_id === undefined ? teams : [{ id: team_id, role: undefined, maxBudget: undefined }, ...teams],
    organizations,
    key:
      auto_create_key === false
        ? undefined
        : {
            alias: fields.key_alias,
            duration: fields.duration,
            teamId: team_id,
            modelAliases: fields.aliases,
            inert: inertOf(fields),
          },
  }))

/** What the other calls say about a user: ignored of an administrator, and nobody else's to say here. */
const GROUP_FIELDS = ['teams', 'team_id', 'organizations', 'organization_id'] as const
const said = z.unknown().optional()

const changed = fieldsShape
  .extend({ updated_at: optional(text), teams: said, team_id: said, organizations: said, organization_id: said })
  .refine(({ user_id, user_email }) => user_id !== undefined || user_email !== undefined, {
    message: 'Either user id or user email must be provided',
  })
  .transform((fields) => ({
    id: fields.user_id,
    // Names the user where nothing else does, and is then no change.
    email: fields.user_id === undefined ? fields.user_email : undefined,
    wish: {
      ...inOurWords(fields),
      email: fields.user_id === undefined ? undefined : fields.user_email,
      seenAt: fields.updated_at,
      groups: GROUP_FIELDS.some((name) => fields[name] !== undefined && fields[name] !== null) ? true : undefined,
    },
  }))

export const updateUserBody = changed

export const bulkUpdateBody = z
  .object({ users: optional(z.array(changed)), all_users: optional(flag), user_updates: optional(fieldsShape) })
  .transform(({ users, all_users, user_updates }) => ({
    users: users ?? [],
    isForAll: all_users ?? false,
    wish: user_updates === undefined ? undefined : { ...inOurWords(user_updates), email: undefined },
  }))
  .refine(({ users, isForAll, wish }) => isForAll === (wish !== undefined) && isForAll !== users.length > 0, {
    message: "Either 'users' or 'all_users' together with 'user_updates' must be provided.",
  })

export const deleteUsersBody = z.object({ user_ids: texts })

export const userQuery = z.object({ user_id: optional(filledText) })

function listed(value: string | undefined): readonly string[] | undefined {
  const words = value?.split(',').flatMap((word) => (word.trim() === '' ? [] : [word.trim()]))
  return words === undefined || words.length === 0 ? undefined : words
}

export const userListQuery = z
  .object({
    role: optional(filledText),
    user_ids: optional(filledText),
    sso_user_ids: optional(filledText),
    user_email: optional(filledText),
    team: optional(filledText),
    organization_ids: optional(filledText),
    page: optional(pageNumber),
    page_size: optional(pageSize(100)),
    sort_by: optional(filledText),
    sort_order: optional(filledText),
  })
  .transform((query) => ({
    role: query.role,
    ids: listed(query.user_ids),
    ssoUserIds: listed(query.sso_user_ids),
    emailPart: query.user_email,
    teamId: query.team,
    organizationIds: listed(query.organization_ids),
    page: query.page ?? 1,
    size: query.page_size ?? 25,
    sort: query.sort_by ?? 'created_at',
    order: query.sort_order ?? 'asc',
  }))

export const userFilterQuery = z
  .object({
    user_id: optional(filledText),
    user_email: optional(filledText),
    page: optional(pageNumber),
    page_size: optional(pageSize(100)),
  })
  .transform((query) => ({
    idPart: query.user_id,
    emailPart: query.user_email,
    page: query.page ?? 1,
    size: query.page_size ?? 50,
  }))

function inOurWords(fields: z.output<typeof fieldsShape>) {
  return {
    email: fields.user_email,
    alias: fields.user_alias,
    role: fields.user_role,
    ssoUserId: fields.sso_user_id,
    password: fields.password,
    models: fields.models,
    metadata: fields.metadata,
    blocked: fields.blocked,
    limits: limitWish(fields),
  }
}
