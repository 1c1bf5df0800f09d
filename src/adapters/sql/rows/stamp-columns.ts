import type { EpochMs } from '../../../domain/ids.ts'
import type { Stamps } from '../../../domain/stamps.ts'
import { storableText } from '../../../domain/storable-text.ts'
import { timestampText } from '../column-types.ts'

export interface StampColumns {
  readonly created_at: EpochMs
  readonly created_by: string
  readonly updated_at: EpochMs
  readonly updated_by: string
}

export function stampsOf(row: StampColumns): Stamps {
  return {
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  }
}

export function stampColumnsOf(stamps: Stamps) {
  return {
    created_at: timestampText(stamps.createdAt),
    created_by: storableText(stamps.createdBy),
    updated_at: timestampText(stamps.updatedAt),
    updated_by: storableText(stamps.updatedBy),
  }
}

export function textOrNull(text: string | undefined): string | null {
  return text === undefined ? null : storableText(text)
}

export function timeOrNull(at: EpochMs | undefined): string | null {
  return at === undefined ? null : timestampText(at)
}
