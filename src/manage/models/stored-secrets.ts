import type { JsonObject } from '../../domain/json.ts'
import { isObject, parseJson } from '../../domain/json.ts'
import type { StoredCredential } from '../../domain/stored-credential.ts'
import type { StoredModel } from '../../domain/stored-model.ts'
import type { Seal, SealedPlace } from '../../ports/seal.ts'

function placeOfParams(modelId: string): SealedPlace {
  return { table: 'stored_model', column: 'sealed_params', rowId: modelId }
}

function placeOfValues(name: string): SealedPlace {
  return { table: 'credential', column: 'sealed_values', rowId: name }
}

export function sealParams(params: JsonObject, modelId: string, seal: Seal): string {
  return seal.seal(JSON.stringify(params), placeOfParams(modelId))
}

export function sealValues(values: JsonObject, name: string, seal: Seal): string {
  return seal.seal(JSON.stringify(values), placeOfValues(name))
}

/** Undefined: they were sealed under a key that is not ours any more. */
export function openParams({ id, sealedParams }: Pick<StoredModel, 'id' | 'sealedParams'>, seal: Seal) {
  return opened(sealedParams, placeOfParams(id), seal)
}

export function openValues({ name, sealedValues }: Pick<StoredCredential, 'name' | 'sealedValues'>, seal: Seal) {
  return opened(sealedValues, placeOfValues(name), seal)
}

function opened(sealed: string, place: SealedPlace, seal: Seal): JsonObject | undefined {
  const text = seal.open(sealed, place)
  const value = text === undefined ? undefined : parseJson(text.reveal())
  return isObject(value) ? value : undefined
}
