import type { TeamId } from '../../../domain/ids.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { storableJson, storableText } from '../../../domain/storable-text.ts'
import type { StoredModel } from '../../../domain/stored-model.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

interface ModelColumns extends StampColumns {
  readonly model_id: string
  readonly model_name: string
  readonly public_name: string
  readonly team_id: TeamId | null
  readonly sealed_params: string
  readonly info: JsonObject
  readonly blocked: boolean
}

export const modelKind: RowKind<StoredModel, string, ModelColumns> = {
  table: 'stored_model',
  id: 'model_id',
  idOf: (model) => model.id,
  read: (row) => ({
    id: row.model_id,
    modelName: row.model_name,
    publicName: row.public_name,
    teamId: row.team_id ?? undefined,
    sealedParams: row.sealed_params,
    info: row.info,
    blocked: row.blocked,
    ...stampsOf(row),
  }),
  write: (model) => ({
    model_id: storableText(model.id),
    model_name: storableText(model.modelName),
    public_name: storableText(model.publicName),
    team_id: model.teamId ?? null,
    sealed_params: model.sealedParams,
    info: storableJson(model.info),
    blocked: model.blocked,
    ...stampColumnsOf(model),
  }),
}
