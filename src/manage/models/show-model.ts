import type { JsonObject } from '../../domain/json.ts'
import type { ShownModel } from '../../domain/shown-model.ts'
import type { StoredModel } from '../../domain/stored-model.ts'
import { maskParams } from './mask-params.ts'

/** A row and its opened parameters, without secrets. */
export function showModel(row: StoredModel, params: JsonObject | undefined): ShownModel {
  return {
    id: row.id,
    modelName: row.modelName,
    publicName: row.publicName,
    teamId: row.teamId,
    params: params === undefined ? undefined : maskParams(params),
    info: row.info,
    blocked: row.blocked,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    updatedAt: row.updatedAt,
    updatedBy: row.updatedBy,
  }
}

/** `model_info` with what is said about the model elsewhere. */
export function wholeInfo({ id, info, teamId, publicName }: ShownModel): JsonObject {
  const ofTeam = teamId === undefined ? {} : { team_id: teamId, team_public_model_name: publicName }
  return { ...info, id, db_model: true, ...ofTeam }
}
