import { z } from 'zod'
import { filledText, flag, jsonMap, optional, pageNumber, pageSize, text } from './lenient.ts'

/** Parameters that are numbers and may come as text. */
const NUMBERS = new Set(
  'rpm tpm weight order max_parallel_requests timeout stream_timeout num_retries max_retries cooldown_time'.split(' '),
)
const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/

const params = jsonMap.transform((members) =>
  Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name,
      NUMBERS.has(name) && typeof value === 'string' && NUMBER.test(value) ? Number(value) : value,
    ]),
  ),
)

/** Said by the gateway, whatever a client that sends a model back says. */
const OURS = new Set(
  'id db_model team_id team_public_model_name blocked created_at created_by updated_at updated_by'.split(' '),
)

const info = jsonMap.transform((members, context) => {
  const named = (name: string): string | undefined => {
    const value = members[name]
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value === 'string') return value
    context.addIssue({ code: 'custom', path: [name], message: 'Input should be a valid string' })
    return undefined
  }
  const own = Object.fromEntries(Object.entries(members).filter(([name]) => !OURS.has(name)))
  const { updated_at: seenAt } = members
  return { id: named('id'), teamId: named('team_id'), own, seenAt: typeof seenAt === 'string' ? seenAt : undefined }
})

const modelName = text.min(1).max(255)

export const newModelBody = z
  .object({ model_name: modelName, litellm_params: params, model_info: optional(info), blocked: optional(flag) })
  .transform(({ model_name, litellm_params, model_info, blocked }) => ({
    name: model_name,
    params: litellm_params,
    info: withoutNulls(model_info?.own ?? {}),
    id: model_info?.id,
    teamId: model_info?.teamId,
    blocked: blocked ?? false,
  }))

const modelFields = z.object({
  model_name: optional(modelName),
  litellm_params: optional(params),
  model_info: optional(info),
  blocked: optional(flag),
})

export const patchModelBody = modelFields.transform(readPatch)

/** Clients name the model in `model_info`, where the compatible API reads it, or beside it. */
export const updateModelBody = modelFields
  .extend({ id: optional(filledText) })
  .transform((fields) => {
    const { id, wish } = readPatch(fields)
    return { id: id ?? fields.id, wish }
  })
  .refine(({ id }) => id !== undefined, {
    message: '`model_info.id` names the model.',
    path: ['model_info', 'id'],
  })

export const deleteModelBody = z.object({ id: text })

export const modelInfoQuery = z.object({ litellm_model_id: optional(filledText) })

export const modelPageQuery = z
  .object({
    page: optional(pageNumber),
    size: optional(pageSize(1_000)),
    search: optional(filledText),
    model: optional(filledText),
    modelId: optional(filledText),
    teamId: optional(filledText),
    user_models_only: optional(flag),
    include_team_models: optional(flag),
    sortBy: optional(z.enum(['model_name', 'created_at', 'updated_at', 'costs', 'status'])),
    sortOrder: optional(z.enum(['asc', 'desc'])),
  })
  .transform((query) => ({
    page: query.page ?? 1,
    size: query.size ?? 50,
    search: (query.search ?? query.model ?? '').toLowerCase(),
    id: query.modelId,
    teamId: query.teamId,
    isOwnOnly: query.user_models_only ?? false,
    isWithTeams: query.include_team_models ?? true,
    sort: query.sortBy,
    order: query.sortOrder ?? 'asc',
  }))

function withoutNulls<Value>(members: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))
}

function readPatch({ model_name, litellm_params, model_info, blocked }: z.output<typeof modelFields>) {
  return {
    id: model_info?.id,
    wish: {
      name: model_name,
      params: litellm_params,
      info: model_info?.own,
      teamId: model_info?.teamId,
      blocked,
      seenAt: model_info?.seenAt,
    },
  }
}
