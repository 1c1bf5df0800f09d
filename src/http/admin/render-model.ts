import type { ShownModel } from '../../domain/shown-model.ts'
import { wholeInfo } from '../../manage/models/show-model.ts'

/** The row of a stored model. Its parameters are masked already. */
export function renderModel(model: ShownModel): object {
  return {
    model_id: model.id,
    model_name: model.modelName,
    litellm_params: model.params ?? {},
    model_info: wholeInfo(model),
    blocked: model.blocked,
    created_at: new Date(model.createdAt).toISOString(),
    created_by: model.createdBy,
    updated_at: new Date(model.updatedAt).toISOString(),
    updated_by: model.updatedBy,
  }
}
