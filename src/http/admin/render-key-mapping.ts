import type { JsonObject } from '../../domain/json.ts'
import type { KeyMapping } from '../../domain/key-mapping.ts'
import type { MappedClient } from '../../manage/mappings/create-key-mapping.ts'
import { renderStamps } from './render-limits.ts'

/** INV-15: neither the key nor its hash. */
export function renderKeyMapping(mapping: KeyMapping): JsonObject {
  return {
    id: mapping.id,
    jwt_issuer: mapping.issuer ?? null,
    jwt_claim_name: mapping.claim.name,
    jwt_claim_value: mapping.claim.value,
    description: mapping.description ?? null,
    is_active: mapping.isActive,
    ...renderStamps(mapping),
  }
}

/** The only answer with the key itself. */
export function renderMappedClient({ issued, mapping }: MappedClient): JsonObject {
  const { id, ...rest } = renderKeyMapping(mapping)
  const { row, secret } = issued
  return {
    key: secret,
    key_name: row.displayName,
    key_alias: row.alias ?? null,
    user_id: row.userId ?? null,
    team_id: row.teamId ?? null,
    organization_id: row.organizationId ?? null,
    models: row.models,
    expires: row.expiresAt === undefined ? null : new Date(row.expiresAt).toISOString(),
    mapping_id: id ?? null,
    ...rest,
  }
}
