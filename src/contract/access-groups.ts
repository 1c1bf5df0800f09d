import { z } from 'zod'
import { filledText, optional, text, texts } from './lenient.ts'

const groupName = text.min(1).max(255)

/** The older shape: a name for models. */
export const newModelGroupBody = z
  .object({ access_group: groupName, model_names: optional(texts), model_ids: optional(texts) })
  .transform(({ access_group, model_names, model_ids }) => ({
    name: access_group,
    models: model_names ?? [],
    ids: model_ids ?? [],
  }))

export const updateModelGroupBody = z
  .object({ model_names: optional(texts), model_ids: optional(texts) })
  .transform(({ model_names, model_ids }) => ({ models: model_names ?? [], ids: model_ids ?? [] }))

const fields = {
  description: text.nullish(),
  access_model_names: optional(texts),
  access_mcp_server_ids: optional(texts),
  access_agent_ids: optional(texts),
  assigned_team_ids: optional(texts),
  assigned_key_ids: optional(texts),
}

export const newGroupBody = z
  .object({ access_group_name: groupName, ...fields })
  .transform(({ access_group_name, ...rest }) => ({ name: access_group_name, ...inOurWords(rest) }))

export const updateGroupBody = z
  .object({ access_group_name: optional(filledText), updated_at: optional(text), ...fields })
  .transform(({ access_group_name, updated_at, ...rest }) => ({
    name: access_group_name,
    seenAt: updated_at,
    ...inOurWords(rest),
  }))

const fieldsShape = z.object(fields)

function inOurWords(given: z.output<typeof fieldsShape>) {
  return {
    description: given.description,
    models: given.access_model_names,
    mcpServerIds: given.access_mcp_server_ids,
    agentIds: given.access_agent_ids,
    teams: given.assigned_team_ids,
    keys: given.assigned_key_ids,
  }
}
