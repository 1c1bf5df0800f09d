import { z } from 'zod'
import { filledText, flag, jsonMap, optional, text, textMap, texts, wholeNumber } from './lenient.ts'

/** What may be said about a key in every call that writes one. Members of other names are ignored. */
const keyFields = {
  key_alias: optional(filledText),
  user_id: optional(filledText),
  duration: optional(text),
  models: optional(texts),
  aliases: optional(textMap),
  allowed_routes: optional(texts),
  enforced_params: optional(texts),
  tags: optional(texts),
  metadata: optional(jsonMap),
  blocked: optional(flag),
}

/** An update that sends `null` takes the expiry away, as `-1` does. */
const changedDuration = text.nullish().transform((value) => (value === null ? '-1' : value))

export const generateBody = z
  .object({
    ...keyFields,
    key: optional(text),
    key_type: optional(z.enum(['llm_api', 'management', 'read_only', 'default'])),
  })
  .transform(({ key, key_type, ...fields }) => ({ ...inOurWords(fields), chosenKey: key, keyType: key_type }))

export const updateBody = z
  .object({ ...keyFields, key: text, duration: changedDuration })
  .transform(({ key, ...fields }) => ({ key, wish: inOurWords(fields) }))

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

export const keyInfoQuery = z.object({ key: optional(filledText) })

const pageNumber = wholeNumber.pipe(z.number().min(1))
const pageSize = wholeNumber.pipe(z.number().min(1).max(100))

export const keyListQuery = z
  .object({
    page: optional(pageNumber),
    size: optional(pageSize),
    user_id: optional(filledText),
    team_id: optional(filledText),
    organization_id: optional(filledText),
    project_id: optional(filledText),
    key_hash: optional(filledText),
    key_alias: optional(filledText),
    return_full_object: optional(flag),
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
    /** What no key can belong to yet. */
    group: query.team_id ?? query.organization_id ?? query.project_id,
    isFull: query.return_full_object ?? false,
    sort: query.sort_by ?? 'created_at',
    order: query.sort_order ?? 'desc',
    status: query.status,
  }))

interface WireFields {
  readonly key_alias: string | undefined
  readonly user_id: string | undefined
  readonly duration?: string | undefined
  readonly models: readonly string[] | undefined
  readonly aliases: Readonly<Record<string, string>> | undefined
  readonly allowed_routes: readonly string[] | undefined
  readonly enforced_params: readonly string[] | undefined
  readonly tags: readonly string[] | undefined
  readonly metadata: z.infer<typeof jsonMap> | undefined
  readonly blocked: boolean | undefined
}

function inOurWords(fields: WireFields) {
  return {
    alias: fields.key_alias,
    userId: fields.user_id,
    duration: fields.duration,
    models: fields.models,
    modelAliases: fields.aliases,
    allowedRoutes: fields.allowed_routes,
    enforcedParams: fields.enforced_params,
    tags: fields.tags,
    metadata: fields.metadata,
    blocked: fields.blocked,
  }
}
