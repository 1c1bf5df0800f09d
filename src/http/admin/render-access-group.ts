import type { AccessGroup } from '../../domain/access-group.ts'
import type { ModelCatalogue } from '../../domain/model-catalogue.ts'
import type { HeldGroup } from '../../manage/models/write-access-group.ts'

export function renderAccessGroup({ group, holders }: HeldGroup): object {
  return {
    access_group_id: group.id,
    access_group_name: group.name,
    description: group.description ?? null,
    access_model_names: group.models,
    access_mcp_server_ids: group.mcpServerIds,
    access_agent_ids: group.agentIds,
    assigned_team_ids: holders.teams,
    assigned_key_ids: holders.keys,
    created_at: new Date(group.createdAt).toISOString(),
    created_by: group.createdBy,
    updated_at: new Date(group.updatedAt).toISOString(),
    updated_by: group.updatedBy,
  }
}

/** The answer to a change in the older way. */
export function renderNamedGroup({ name, models }: AccessGroup, catalogue: ModelCatalogue): object {
  return {
    access_group: name,
    model_names: models,
    model_ids: null,
    models_updated: models.reduce((count, model) => count + catalogue.group(model).length, 0),
  }
}
