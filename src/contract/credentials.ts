import { z } from 'zod'
import { filledText, jsonMap, optional, text } from './lenient.ts'

const credentialName = text.min(1).max(255)

export const newCredentialBody = z
  .object({
    credential_name: credentialName,
    credential_values: optional(jsonMap),
    credential_info: optional(jsonMap),
    model_id: optional(filledText),
  })
  .transform(({ credential_name, credential_values, credential_info, model_id }) => ({
    name: credential_name,
    values: credential_values,
    info: credential_info ?? {},
    modelId: model_id,
  }))

export const patchCredentialBody = z
  .object({
    credential_name: optional(filledText),
    credential_values: optional(jsonMap),
    credential_info: optional(jsonMap),
  })
  .transform(({ credential_name, credential_values, credential_info }) => ({
    name: credential_name,
    wish: { values: credential_values, info: credential_info },
  }))
