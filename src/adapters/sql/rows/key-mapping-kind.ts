import type { KeyDigest } from '../../../domain/ids.ts'
import type { KeyMapping } from '../../../domain/key-mapping.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf, textOrNull } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

export interface KeyMappingColumns extends StampColumns {
  readonly mapping_id: string
  readonly issuer: string
  readonly claim: string
  readonly value: string
  readonly key_digest: KeyDigest
  readonly description: string | null
  readonly is_active: boolean
}

export const keyMappingKind: RowKind<KeyMapping, string, KeyMappingColumns> = {
  table: 'jwt_key_mapping',
  id: 'mapping_id',
  idOf: (mapping) => mapping.id,
  read: (row) => ({
    id: row.mapping_id,
    issuer: issuerOf(row.issuer),
    claim: { name: row.claim, value: row.value },
    digest: row.key_digest,
    description: row.description ?? undefined,
    isActive: row.is_active,
    ...stampsOf(row),
  }),
  write: (mapping) => ({
    mapping_id: mapping.id,
    issuer: issuerText(mapping.issuer),
    claim: mapping.claim.name,
    value: mapping.claim.value,
    key_digest: mapping.digest,
    description: textOrNull(mapping.description),
    is_active: mapping.isActive,
    ...stampColumnsOf(mapping),
  }),
}

export function issuerOf(text: string): string | undefined {
  return text === '' ? undefined : text
}

/** Empty stands for any, so that the row is unique among those of any issuer too. */
export function issuerText(issuer: string | undefined): string {
  return issuer ?? ''
}
