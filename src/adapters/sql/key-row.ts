import type { Insertable, Selectable } from 'kysely'
import type { EpochMs } from '../../domain/ids.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { storableJson, storableText } from '../../domain/storable-text.ts'
import { timestampText } from './column-types.ts'
import type { VirtualKeyTable } from './database.ts'

export function keyOf(row: Selectable<VirtualKeyTable>): VirtualKey {
  return {
    digest: row.digest,
    displayName: row.display_name,
    alias: row.alias ?? undefined,
    userId: row.user_id ?? undefined,
    models: row.models,
    modelAliases: row.model_aliases,
    allowedRoutes: row.allowed_routes,
    enforcedParams: row.enforced_params,
    tags: row.tags,
    metadata: row.metadata,
    blocked: row.blocked,
    expiresAt: row.expires_at ?? undefined,
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
    rotationCount: row.rotation_count,
    lastRotatedAt: row.last_rotated_at ?? undefined,
  }
}

export function rowOfKey(key: VirtualKey): Insertable<VirtualKeyTable> {
  return {
    digest: key.digest,
    display_name: storableText(key.displayName),
    alias: key.alias === undefined ? null : storableText(key.alias),
    user_id: key.userId ?? null,
    models: key.models.map(storableText),
    model_aliases: storableJson(key.modelAliases),
    allowed_routes: key.allowedRoutes.map(storableText),
    enforced_params: key.enforcedParams.map(storableText),
    tags: key.tags.map(storableText),
    metadata: storableJson(key.metadata),
    blocked: key.blocked,
    expires_at: optionalTimestamp(key.expiresAt),
    created_at: timestampText(key.createdAt),
    created_by: storableText(key.createdBy),
    updated_at: timestampText(key.updatedAt),
    updated_by: storableText(key.updatedBy),
    rotation_count: key.rotationCount,
    last_rotated_at: optionalTimestamp(key.lastRotatedAt),
  }
}

function optionalTimestamp(at: EpochMs | undefined): string | null {
  return at === undefined ? null : timestampText(at)
}
