import type { AccessGroup } from '../../../domain/access-group.ts'
import { storableText } from '../../../domain/storable-text.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf, textOrNull } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

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
